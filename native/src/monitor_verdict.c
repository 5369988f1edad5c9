/* From the exec-stop to the release: what the engine is told, its verdict, and what comes of it. */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "monitor.h"
#include "packet.h"
#include "sys.h"

#define MILLISECOND INT64_C(1000000)
#define VERDICT_TIMEOUT (10000 * MILLISECOND)

_Noreturn void monitor_child_died(struct monitor *monitor, int status) {
  const struct shared_page *page = monitor->page;
  struct msg_failed failed;
  packet_start(&failed.header, MSG_FAILED, sizeof failed);
  if (atomic_load(&page->failed) != 0) {
    failed.phase = PHASE_CHILD;
    failed.step = page->failed_step;
    failed.code = page->failed_code;
    failed.error = page->failed_errno;
    failed.aux = page->failed_aux;
  } else {
    failed.phase = PHASE_EXEC_KILLED;
    failed.error = status;
  }
  monitor->child = 0;
  monitor_fail(monitor, &failed);
}

_Noreturn void monitor_no_release(struct monitor *monitor, int error) {
  struct msg_failed failed;
  packet_start(&failed.header, MSG_FAILED, sizeof failed);
  failed.phase = PHASE_VERDICT;
  failed.error = error;
  monitor_fail(monitor, &failed);
}

void send_stopped(struct monitor *monitor, uint32_t filters) {
  const struct shared_page *page = monitor->page;
  struct msg_stopped message;
  packet_start(&message.header, MSG_STOPPED, sizeof message);
  message.filters = filters;
  message.pid = monitor->child;
  message.securebits = page->securebits;
  message.keyring = page->keyring;
  message.monitor_keyring = monitor->keyring;
  message.traced = monitor->traced && !monitor->holds;
  message.degraded_count = page->degraded_count < DEGRADED_MAX ? page->degraded_count : DEGRADED_MAX;
  memcpy(message.degraded, page->degraded, sizeof message.degraded);
  if (packet_send_wait(monitor->launch, &message, sizeof message, monitor->pidfd, SEND_TIMEOUT_MS) != 0) {
    monitor_no_release(monitor, errno);
  }
}

/* At the exec-stop only a SIGKILL from outside can happen to it; one that is running or holding may just end.
 */
static void look_at_death(struct monitor *monitor) {
  int status;
  drain_child_signals(monitor);
  bool running = !monitor->traced && !monitor->holds;
  if (!running && waitpid(monitor->child, &status, WNOHANG | __WALL) > 0 && !WIFSTOPPED(status)) {
    monitor_child_died(monitor, status);
  }
}

void await_verdict(struct monitor *monitor) {
  static struct packet packet;
  int64_t deadline = sys_clock_ns(CLOCK_MONOTONIC) + VERDICT_TIMEOUT;
  for (;;) {
    int64_t left = deadline - sys_clock_ns(CLOCK_MONOTONIC);
    struct pollfd ready[] = {{monitor->signals, POLLIN, 0}, {monitor->launch, POLLIN, 0}};
    if (left <= 0) {
      monitor_no_release(monitor, ETIMEDOUT);
    }
    poll(ready, 2, (int)(left / MILLISECOND) + 1);
    if (ready[0].revents != 0) {
      look_at_death(monitor);
    }
    enum packet_result result =
        ready[1].revents == 0 ? PACKET_NONE : packet_receive(monitor->launch, &packet);
    if (result == PACKET_NONE) {
      continue;
    }
    if (result != PACKET_OK) {
      monitor_no_release(monitor, result == PACKET_END ? ECONNRESET : EPROTO);
    }
    packet_close(&packet);
    if (packet.header.type == MSG_VERDICT && packet.verdict.release == VERDICT_LATER) {
      deadline = sys_clock_ns(CLOCK_MONOTONIC) + packet.verdict.wait_s * 1000 * MILLISECOND;
      continue;
    }
    if (packet.header.type != MSG_VERDICT || packet.verdict.release != 1) {
      monitor_no_release(monitor, packet.header.type == MSG_VERDICT ? 0 : EPROTO);
    }
    return;
  }
}

static void send_running(struct monitor *monitor) {
  struct message_header header;
  packet_start(&header, MSG_RUNNING, sizeof header);
  packet_send(monitor->launch, &header, sizeof header, -1);
}

/* A process that only held namespaces leaves as soon as it may. */
static _Noreturn void let_holder_go(struct monitor *monitor) {
  atomic_store(&monitor->page->verdict, 1);
  sys_futex(&monitor->page->verdict, FUTEX_WAKE, 1, NULL);
  send_running(monitor);
  struct msg_exited exited;
  packet_start(&exited.header, MSG_EXITED, sizeof exited);
  exited.status = monitor_reap(monitor);
  exited.time_ns = sys_clock_ns(CLOCK_REALTIME);
  packet_send(monitor->launch, &exited, sizeof exited, -1);
  _exit(0);
}

void release_child(struct monitor *monitor) {
  if (monitor->holds) {
    let_holder_go(monitor);
  }
  if (monitor->traced && ptrace(PTRACE_DETACH, monitor->child, NULL, NULL) != 0) {
    monitor_child_died(monitor, monitor_reap(monitor));
  }
  if (confine_drop_kill() != 0) {
    monitor_no_release(monitor, errno);
  }
  send_running(monitor);
}
