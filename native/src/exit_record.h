/* The record of a container's end, for an engine that was not there to hear of it. */
#pragma once

#include "protocol.h"

/* A file in the directory that will be the record, while the monitor may still open one. -1 with errno. */
int exit_record_open(int directory, const char *name);

/*
 * Writes the lines status (wait status), oom_kills, time_ns and log_lost_records, log_lost_bytes, log_error,
 * and gives the file its name, all at once: who looks sees the whole record or none. 0, or -1 with errno.
 */
int exit_record_write(int directory, const char *name, int record, const struct msg_exited *exited);

/* Makes it durable. Apart, because an engine that is told of the end need not wait for the disk. */
void exit_record_sync(int directory, int record);
