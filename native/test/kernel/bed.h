/* A small monitor for tests: launches the child stage from a draft and looks at it from outside. Needs root.
 */
#pragma once

#include <stdbool.h>

#include "../check.h"
#include "../sample.h"
#include "child.h"

struct bed {
  char work[32]; /* a tmpfs of our own; "image" in it is the root's source, "root" where it is attached */
  struct shared_page *page;
  struct plan plan;
  int slots[PLAN_SLOTS_MAX];
  int output; /* read end of the child's stdout and stderr */
  int input;  /* write end of its stdin */
  pid_t pid;
  int pidfd;
  int terminal; /* fetched from the child, -1 = none */
  int listener;
  int status;          /* wait status, once ended */
  const char *uid_map; /* for a new user namespace */
};

/* Once per test program: own mount namespace, work directory, image with busybox; undone at exit. */
void bed_open(struct bed *bed);
/* Runs a shell command in the host's namespaces with the work directory as $W; its failure is the test's. */
void bed_shell(const struct bed *bed, const char *command);

/* Fills the supplied slots of sample.h: pipes, image, null device. */
void bed_slots(struct bed *bed);
/* Fills one slot with a detached clone of a tree, or a descriptor. */
void bed_slot_tree(struct bed *bed, unsigned slot, const char *path);
/* Clones the child of the draft, writes maps, seizes, opens the gate; true = at the exec-stop or holding. */
bool bed_launch(struct bed *bed, struct draft *d);
/* Lets it run on; lets it run to its end, or kills it, which fill status. */
void bed_release(struct bed *bed);
void bed_finish(struct bed *bed);
void bed_kill(struct bed *bed);
/* What it wrote, up to its end: into the pipe, into the terminal. */
const char *bed_output(const struct bed *bed);
const char *bed_terminal(const struct bed *bed);
/* Value of a field of /proc/PID/status. */
const char *bed_status(const struct bed *bed, const char *field);
/* A file of /proc/PID. */
const char *bed_proc(const struct bed *bed, const char *name);
/* "STEP: errno name", or "fine". */
const char *bed_failure(const struct bed *bed);
