/* The engine's part, played by a test: a serve of its own in a temporary directory, plans, messages, a small
 * root. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "check.h"
#include "draft.h"
#include "protocol.h"

#define NUMBER(value) ((uint64_t)(value))
#define NO_SLOT NUMBER(PLAN_SLOT_NONE)
#define ENGINE_WAIT_MS 8000

struct engine {
  char dir[64]; /* run directory: serve.sock, rootfs/, root/, exits/, log */
  int serve;    /* connected and greeted, or -1 */
  pid_t pid;    /* of serve */
};

/* Any message of warden. */
struct answer {
  union {
    struct message_header header;
    struct msg_welcome welcome;
    struct msg_launched launched;
    struct msg_failed failed;
    struct msg_stopped stopped;
    struct msg_exited exited;
    struct msg_state state;
    struct msg_done done;
    uint8_t bytes[65536];
  };
  int fd; /* that came with it, or -1 */
};

/* Starts serve; the run directory is removed and serve is ended by engine_stop. */
void engine_start(struct engine *engine);
/* With further arguments of serve, up to a NULL; does not connect. The exit status of the process that was
 * started. */
int engine_start_with(struct engine *engine, const char *const *arguments);
void engine_stop(struct engine *engine);

/* A fresh connection, not yet greeted; -1 if serve is not there. */
int engine_connect(const struct engine *engine);
bool engine_greet(int serve);

/* Waits for one message. Type 0: the peer hung up; -1: nothing came. */
int receive(int socket, struct answer *answer);
/* Receives; whether it is of this type, else tells what came instead. */
bool expect(int socket, struct answer *answer, int type);
#define EXPECT(socket, answer, type) CHECK(expect(socket, answer, type))

void send_bytes(int socket, const void *bytes, size_t length, const int *fds, unsigned count);
void send_request(int socket, int type, int fd);
void send_verdict(int socket, bool release);
/* The verdict comes later, but within these seconds. */
void send_later(int socket, uint16_t seconds);

/* Sends the plan with these slots (which are closed) and returns the launch socket. */
int launch(struct engine *engine, struct draft *draft, const int *slots, unsigned count);
int plan_memfd(struct draft *draft, bool sealed);
/* Launches, sees it stopped, releases it and sees it running. pidfd may be NULL. */
int launch_and_release(struct engine *engine, struct draft *draft, const int *slots, unsigned count,
                       int *pidfd);

/* A path in the run directory; valid until the fourth call after. */
const char *in_dir(const struct engine *engine, const char *name);
/* The file's text, at most 64 KiB; "" if there is none. Valid until the next call. */
const char *text_of(const char *path);
/* The value after "name:" in /proc/PID/status. */
const char *status_of(pid_t pid, const char *name);
bool gone_soon(pid_t pid);
/* The monitor of a child of warden. */
pid_t parent_of(pid_t pid);

/* --- a program in the small root, where it is /program; `word` chooses what it does (program.c) */
#define SLOT_ROOT 0
#define SLOT_STDIN 1
#define SLOT_STDOUT 2
#define SLOT_STDERR 3
#define SLOT_READ_OUT 4
#define SLOT_READ_ERR 5
#define SLOT_LOG_FILE 6
#define SLOT_EXITS 7
#define SLOT_CONTROL_SOCKET 8
#define SLOT_WRITE_IN 9
#define PROGRAM_SLOTS 10

struct program_plan {
  const char *word;
  uint64_t flags; /* of the clone, besides CLONE_NEWNS */
  uint64_t uid;
  bool untraced;
  const uint64_t *filter; /* or NULL */
  size_t filter_length;   /* bytes */
  uint64_t filter_flags;
};

/* A whole plan for it, and its slots opened. */
void program_draft(const struct engine *engine, struct draft *draft, const struct program_plan *plan);
void program_slots(const struct engine *engine, int slots[PROGRAM_SLOTS]);
/* Both, and the launch. */
int program_launch(struct engine *engine, const struct program_plan *plan);

/* Call first in main: a process that was executed as the program does not return. */
void program_main(int argc, char **argv);
