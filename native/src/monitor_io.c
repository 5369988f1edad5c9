#include "monitor_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "birth.h"
#include "confine.h"
#include "exit_record.h"
#include "memory_events.h"
#include "packet.h"
#include "relay.h"
#include "sys.h"

#define READ_SIZE 65536
#define GATHER_SIZE (2 * READ_SIZE)
#define DRAIN_MS \
  200 /* how long what others still write after the child's end is taken; nothing of its own waits */

enum { POLL_SIGNALS, POLL_LAUNCH, POLL_CONTROL, POLL_STRANGER, POLL_PEER, POLL_STDOUT, POLL_STDERR, POLLED };

static void write_log(void *context, const uint8_t *records, size_t length) {
  struct relay *relay = context;
  log_file_write(&relay->log, records, length);
}

static void read_source(struct relay *relay, struct source *source) {
  static uint8_t bytes[READ_SIZE];
  char text[LOG_CRI_TIME];
  struct timespec now;
  ssize_t n = read(source->fd, bytes, sizeof bytes);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
    return;
  }
  clock_gettime(CLOCK_REALTIME, &now);
  log_cri_time(&now, text);
  if (n > 0) {
    log_cri_feed(&source->stream, text, bytes, (size_t)n, &relay->out);
  } else { /* no writer is left; a terminal says that with EIO */
    log_cri_end(&source->stream, text, &relay->out);
    if (source->fd != relay->files.terminal) {
      close(source->fd); /* the terminal is still needed for its size */
    }
    source->fd = -1;
  }
}

static void note_end(struct relay *relay, int status) {
  packet_start(&relay->exited.header, MSG_EXITED, sizeof relay->exited);
  relay->ended = true;
  relay->exited.status = status;
  relay->exited.time_ns = sys_clock_ns(CLOCK_REALTIME);
}

/* As a subreaper the monitor also gets what the child leaves behind; only the child's end is the end. */
static void hear_signals(struct relay *relay) {
  struct signalfd_siginfo signal;
  int status;
  pid_t pid;
  while (read(relay->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
  }
  while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
    if (pid == relay->child) {
      note_end(relay, status);
    }
  }
}

static void relay_once(struct relay *relay) {
  struct pollfd ready[POLLED] = {[POLL_SIGNALS] = {relay->signals, POLLIN, 0},
                                 [POLL_LAUNCH] = {relay->launch, POLLIN, 0},
                                 [POLL_CONTROL] = {relay->files.control, POLLIN, 0},
                                 [POLL_STRANGER] = {relay->stranger, POLLIN, 0},
                                 [POLL_PEER] = {relay->peer, POLLIN, 0},
                                 [POLL_STDOUT] = {relay->sources[0].fd, POLLIN, 0},
                                 [POLL_STDERR] = {relay->sources[1].fd, POLLIN, 0}};
  if (poll(ready, POLLED, -1) <= 0) {
    return;
  }
  for (int i = 0; i < 2; i++) {
    if (ready[POLL_STDOUT + i].revents != 0) {
      read_source(relay, &relay->sources[i]);
    }
  }
  log_cri_flush(&relay->out);
  if (ready[POLL_PEER].revents != 0) {
    control_hear(relay, &relay->peer);
  }
  if (ready[POLL_STRANGER].revents != 0) {
    control_greet(relay);
  }
  if (ready[POLL_CONTROL].revents != 0) {
    control_accept(relay);
  }
  if (ready[POLL_LAUNCH].revents != 0) {
    control_hear(relay, &relay->launch);
  }
  if (ready[POLL_SIGNALS].revents != 0) {
    hear_signals(relay);
  }
}

/*
 * All that the child wrote is in the pipes when it has ended. Who else holds them may write on for ever, so
 * what is there is taken until there is nothing, and at most for DRAIN_MS.
 */
static void drain(struct relay *relay) {
  int64_t deadline = sys_clock_ns(CLOCK_MONOTONIC) + DRAIN_MS * INT64_C(1000000);
  char text[LOG_CRI_TIME];
  struct timespec now;
  bool more = true;
  while (more && sys_clock_ns(CLOCK_MONOTONIC) < deadline) {
    struct pollfd ready[2] = {{relay->sources[0].fd, POLLIN, 0}, {relay->sources[1].fd, POLLIN, 0}};
    more = poll(ready, 2, 0) > 0;
    for (int i = 0; i < 2; i++) {
      if (ready[i].revents != 0) {
        read_source(relay, &relay->sources[i]);
      }
    }
    log_cri_flush(&relay->out);
  }
  clock_gettime(CLOCK_REALTIME, &now);
  log_cri_time(&now, text);
  log_cri_end(&relay->sources[0].stream, text, &relay->out);
  log_cri_end(&relay->sources[1].stream, text, &relay->out);
  log_cri_flush(&relay->out);
  log_file_end(&relay->log, text);
}

/* All that is opened for it; the directory without O_PATH, which fsync(2) wants. */
static int open_record(struct relay *relay, int directory) {
  relay->record = -1;
  if (directory < 0) {
    return 0;
  }
  relay->files.exit_directory = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (relay->files.exit_directory >= 0) {
    relay->record = exit_record_open(relay->files.exit_directory, relay->files.exit_name);
  }
  return relay->record < 0 ? -1 : 0;
}

static int set_up(struct relay *relay, const struct monitor *monitor) {
  static uint8_t gather[GATHER_SIZE];
  relay->files = monitor->files;
  relay->log.fd = relay->files.log;
  relay->launch = monitor->launch;
  relay->signals = monitor->signals;
  relay->pidfd = monitor->pidfd;
  relay->child = monitor->child;
  relay->oom_base = memory_events_oom_kills(monitor->files.memory_events);
  relay->law = monitor->law;
  relay->stranger = -1;
  relay->peer = -1;
  relay->out.bytes = gather;
  relay->out.size = sizeof gather;
  relay->out.flush = write_log;
  relay->out.context = relay;
  strcpy(relay->sources[0].stream.name, "stdout");
  strcpy(relay->sources[1].stream.name, "stderr");
  relay->sources[0].fd = relay->files.terminal >= 0 ? relay->files.terminal : relay->files.stdout_pipe;
  relay->sources[1].fd = relay->files.stderr_pipe;
  return open_record(relay, monitor->files.exit_directory);
}

/* The plan holds secrets, and its descriptors are the way into the container. */
static void let_go(const struct relay *relay, struct monitor *monitor) {
  int keep[] = {relay->files.stdout_pipe,
                relay->files.stderr_pipe,
                relay->files.stdin_pipe,
                relay->files.terminal,
                relay->files.log,
                relay->files.exit_directory,
                relay->record,
                relay->files.control,
                relay->files.memory_events,
                relay->launch,
                relay->signals,
                relay->pidfd};
  birth_close_others(keep, sizeof keep / sizeof keep[0]);
  munmap((void *)(uintptr_t)monitor->plan.bytes, monitor->plan_length);
}

int monitor_io_prepare(struct relay *relay, struct monitor *monitor) {
  if (set_up(relay, monitor) != 0) {
    return -1;
  }
  let_go(relay, monitor);
  return confine(relay->files.exit_directory, monitor->child);
}

_Noreturn void monitor_io(struct relay *relay) {
  hear_signals(relay); /* an untraced child may have ended before the verdict */
  while (!relay->ended) {
    relay_once(relay);
  }
  relay->exited.oom_kills = memory_events_oom_kills(relay->files.memory_events) - relay->oom_base;
  drain(relay);
  relay->exited.log_lost_records = relay->log.lost.records;
  relay->exited.log_lost_bytes = relay->log.lost.bytes;
  relay->exited.log_error = relay->log.error;
  bool recorded = relay->record >= 0 && exit_record_write(relay->files.exit_directory, relay->files.exit_name,
                                                          relay->record, &relay->exited) == 0;
  control_tell_end(relay);
  if (recorded) {
    exit_record_sync(relay->files.exit_directory, relay->record);
  }
  _exit(0);
}
