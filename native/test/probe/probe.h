/* What all parts of the probe share: how a line is told and how something is tried. */
#pragma once

#include <errno.h>
#include <stdint.h>

/* Tries something for good: negative with errno set where it failed. */
typedef long attempt_fn(void);

/* Begins a line "KEY=". */
void probe_key(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends it with free text. */
void probe_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends it with "done", or with the name of the errno where the result is negative. */
void probe_result(long result);

/* In a process of its own, because what it does lasts as long as that; bounded in time. */
long probe_in_child(attempt_fn *attempt);

/* Waits for a child that has at most this long and is killed then; false where it was. */
int probe_wait(int pid, int *status, unsigned milliseconds);

/* Opens, and closes again what was opened. */
long probe_open(const char *path, int flags);

int probe_state(void);
int probe_capabilities(void);
int probe_filter(void);
int probe_calls(void);
int probe_paths(int count, char **paths);
int probe_devices(void);
int probe_escapes(void);
int probe_programs(void);
int probe_server(void);
