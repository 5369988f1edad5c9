/* A program that runs in the small root: launched, released, and followed through its monitor. */
#pragma once

#include <string.h>
#include <unistd.h>

#include "engine.h"

static struct engine engine;
static struct answer answer;

struct running {
  int socket;
  int pidfd;
  pid_t child;
  pid_t monitor;
};

static inline struct running run_slots(struct draft *draft, const int *slots, unsigned count) {
  struct running running = {-1, -1, 0, 0};
  running.socket = launch(&engine, draft, slots, count);
  if (EXPECT(running.socket, &answer, MSG_STOPPED)) {
    running.pidfd = answer.fd;
    running.child = answer.stopped.pid;
    running.monitor = parent_of(running.child);
    send_verdict(running.socket, true);
    EXPECT(running.socket, &answer, MSG_RUNNING);
  }
  return running;
}

static inline struct running run(const char *word) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS];
  program_draft(&engine, &draft, &(struct program_plan){.word = word});
  program_slots(&engine, slots);
  return run_slots(&draft, slots, PROGRAM_SLOTS);
}

static inline void stop_looking(struct running *running) {
  close(running->socket);
  close(running->pidfd);
}

static inline const char *log_text(void) { return text_of(in_dir(&engine, "log")); }

static inline bool says_soon(const char *log, const char *words) {
  for (int i = 0; i < 200; i++) {
    if (strstr(text_of(in_dir(&engine, log)), words) != NULL) {
      return true;
    }
    usleep(10000);
  }
  return false;
}

static inline void expect_done(int socket, int type, int error) {
  if (EXPECT(socket, &answer, MSG_DONE)) {
    CHECK_NUMBER(answer.done.type, type);
    CHECK_NUMBER(answer.done.error, error);
  }
}
