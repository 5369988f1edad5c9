/* The monitor of one launch: starts the child, answers for what it is, and stays until its end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "peer.h"
#include "plan.h"
#include "protocol.h"
#include "shared_page.h"

#define SEND_TIMEOUT_MS 10000 /* how long a starting monitor waits for an engine that does not read */

struct monitor_orders {
  int plan;       /* sealed memfd */
  int launch;     /* socket to the engine */
  unsigned count; /* of supplied slots */
  const int *slots;
  const struct peer_law *law; /* for who connects later */
};

/* What the monitor steps gave the monitor to work with; -1 = nothing. */
struct monitor_files {
  int stdout_pipe;
  int stderr_pipe;
  int stdin_pipe;
  int terminal;
  int log;
  int exit_directory;
  int control;
  int memory_events;
  char exit_name[256];
};

struct monitor {
  struct plan plan;
  size_t plan_length;
  int slots[PLAN_SLOTS_MAX];
  int launch;
  const struct peer_law *law;
  int signals; /* signalfd of SIGCHLD */
  struct shared_page *page;
  int user_ns; /* to enter in a stage before the clone, -1 = none */
  pid_t child; /* 0 = not made yet */
  int pidfd;
  bool traced;
  bool delivered;  /* child is the process of BIRTH */
  uint32_t due;    /* handovers still to be fetched out of the child, a bit of each */
  bool holds;      /* the plan ends in HOLD */
  int32_t keyring; /* own session keyring: serial, or -errno */
  struct monitor_files files;
};

/* In a fork of serve. */
_Noreturn void monitor_run(const struct monitor_orders *orders);

/* Ends the launch: kills and reaps the child if there is one, tells the engine, leaves. */
_Noreturn void monitor_fail(struct monitor *monitor, const struct msg_failed *failed);

/* The same for something that the monitor itself could not do; index of the monitor step, or PLAN_SLOT_NONE.
 */
_Noreturn void monitor_fail_step(struct monitor *monitor, uint32_t index, uint16_t code, int error);

/* Waits for the child's end and takes its wait status. */
int monitor_reap(struct monitor *monitor);

/* --- monitor_clone.c: each int is 0, or -1 with errno */
int clone_child(struct monitor *monitor, uint64_t flags, int cgroup);
/* After BIRTH: its process is the child from now on, and the one before is ended. */
void take_newborn(struct monitor *monitor);
int write_id_maps(const struct monitor *monitor, const char *uid, const char *gid, bool setgroups);
/* Not by the child: where it has a user namespace CAP_SYS_RESOURCE does not count, and the daemon's score
 * would stay the least that it may give itself. */
int write_oom_score(const struct monitor *monitor, int64_t value);
int trace_child(struct monitor *monitor);

/* --- monitor_trace.c */
#define FILTERS_UNREADABLE 0xffffffffu

/* Waits until the child is where the engine may look at it: at the exec-stop, in HOLD, or untraced and past
 * exec. */
void await_stop(struct monitor *monitor);
/* Whether it is dead; it stays to be reaped. */
bool child_has_ended(const struct monitor *monitor);
/* Sends MSG_FILTER for each filter of the stopped child; their number, or FILTERS_UNREADABLE. */
uint32_t send_filters(struct monitor *monitor);
/* Empties the signalfd. */
void drain_child_signals(struct monitor *monitor);

/* --- monitor_verdict.c: each ends the launch where it cannot return */
/* The child is dead and reaped: a step of its own failed, or something killed it on the way to exec. */
_Noreturn void monitor_child_died(struct monitor *monitor, int status);
/* The child will not be released; 0 = because the engine said so. */
_Noreturn void monitor_no_release(struct monitor *monitor, int error);
void send_stopped(struct monitor *monitor, uint32_t filters);
void await_verdict(struct monitor *monitor);
void release_child(struct monitor *monitor);
