/* From the open gate to the exec-stop, and what filters are found there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allow_list.h"
#include "monitor.h"
#include "opcodes.h"
#include "packet.h"
#include "sys.h"

#define FILTERS_MAX 64u
#define LOOK_FIRST_NS 100000L
#define LOOK_LAST_NS 2000000L
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */
#define FORKED_NO_EXEC 0x40ul         /* PF_FORKNOEXEC of the flags in /proc/PID/stat, proc(5) */

struct msg_filter {
  struct message_header header;
  uint32_t index;
  uint32_t instructions;
  struct sock_filter code[BPF_MAXINSNS];
};

/* All that the process of BIRTH calls before its exec, with whatever somebody puts into its memory. */
static const struct allowed_call newborn_calls[] = {
    {SYS_setsid, 0, 0},
    {SYS_ioctl, ARGUMENT(1), TIOCSCTTY},
    {SYS_seccomp, ARGUMENT(0), SECCOMP_SET_MODE_FILTER},
    {SYS_capset, 0, 0},
    {SYS_prctl, ARGUMENT(0), PR_CAP_AMBIENT},
    {SYS_execve, 0, 0},
    {SYS_exit_group, 0, 0},
#ifdef WARDEN_FAULTS
    {SYS_mprotect, 0, 0},
#endif
};

/* Before the kernel does it: of a copy that is made with CLONE_UNTRACED no ptrace event tells. */
static void check_call(struct monitor *monitor) {
  struct __ptrace_syscall_info info = {.op = PTRACE_SYSCALL_INFO_NONE};
  ptrace(PTRACE_GET_SYSCALL_INFO, monitor->child, (void *)sizeof info, &info);
  struct seccomp_data call = {.nr = (int)info.entry.nr, .arch = info.arch};
  memcpy(call.args, info.entry.args, sizeof call.args);
  if (info.op == PTRACE_SYSCALL_INFO_EXIT ||
      (info.op == PTRACE_SYSCALL_INFO_ENTRY &&
       allow_list_has(newborn_calls, sizeof newborn_calls / sizeof *newborn_calls, &call))) {
    return;
  }
  struct msg_failed failed = {{MSG_FAILED, PROTOCOL_VERSION, sizeof failed},
                              PHASE_MONITOR,
                              PLAN_SLOT_NONE,
                              STEP_BIRTH,
                              EPERM,
                              info.entry.nr,
                              "somebody made the newborn call what it does not"};
  monitor_fail(monitor, &failed);
}

/* Whether this ptrace-stop is the one after exec; any other is ended as if nobody traced. */
static bool at_exec_stop(struct monitor *monitor, int status) {
  enum __ptrace_request go_on = monitor->delivered ? PTRACE_SYSCALL : PTRACE_CONT;
  unsigned event = (unsigned)status >> 16;
  int signal = WSTOPSIG(status);
  if (event == PTRACE_EVENT_EXEC || event == PTRACE_EVENT_CLONE) {
    return event == PTRACE_EVENT_EXEC; /* who gives birth does nothing more: take_newborn */
  }
  if (signal == SYSCALL_STOP) {
    check_call(monitor);
  }
  bool group = event == PTRACE_EVENT_STOP &&
               (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU);
  uintptr_t deliver = event == PTRACE_EVENT_STOP || signal == SYSCALL_STOP ? 0 : (uintptr_t)signal;
  ptrace(group ? PTRACE_LISTEN : go_on, monitor->child, NULL, (void *)deliver);
  return false;
}

static const char *text_in_proc(pid_t pid, const char *name) {
  static char text[4096];
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) {
    close(fd);
  }
  text[n < 0 ? 0 : n] = '\0';
  return text;
}

/* Also right for a process that has exec'd and ended already, as long as it is not reaped. */
static bool has_exec(pid_t pid) {
  unsigned long flags = FORKED_NO_EXEC;
  const char *after_name = strrchr(text_in_proc(pid, "stat"), ')');
  bool found = after_name != NULL && sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %lu", &flags) == 1;
  return found && (flags & FORKED_NO_EXEC) == 0;
}

bool child_has_ended(const struct monitor *monitor) {
  siginfo_t ended = {.si_pid = 0};
  int how = WEXITED | WNOHANG | WNOWAIT;
  return waitid(P_PID, (id_t)monitor->child, &ended, how) == 0 && ended.si_pid != 0;
}

static bool look_untraced(struct monitor *monitor) {
  bool dead = child_has_ended(monitor);
  if (monitor->holds ? atomic_load(&monitor->page->holding) != 0 && !dead : has_exec(monitor->child)) {
    return true;
  }
  if (dead) {
    monitor_child_died(monitor, monitor_reap(monitor));
  }
  return false;
}

/* Whether the child is where the engine may look at it. */
static bool look_at_child(struct monitor *monitor) {
  int status;
  take_newborn(monitor);
  /* A filter may deny its exit, and init ignores a traced trap. */
  if (atomic_load(&monitor->page->failed) != 0) {
    sys_pidfd_send_signal(monitor->pidfd, SIGKILL);
    monitor_child_died(monitor, monitor_reap(monitor));
  }
  if (!monitor->traced) {
    return look_untraced(monitor);
  }
  while (waitpid(monitor->child, &status, WNOHANG | __WALL) > 0) {
    if (!WIFSTOPPED(status)) {
      monitor_child_died(monitor, status);
    }
    if (at_exec_stop(monitor, status)) {
      return true;
    }
    take_newborn(monitor);
  }
  return monitor->holds && atomic_load(&monitor->page->holding) != 0;
}

static void pass_listener(struct monitor *monitor, int listener) {
  struct message_header header;
  packet_start(&header, MSG_LISTENER, sizeof header);
  packet_send_wait(monitor->launch, &header, sizeof header, listener, SEND_TIMEOUT_MS);
  close(listener);
}

/* Takes what the child waits to have taken. Whoever can write to its memory can say so too: only what is due
 * counts, once. */
static void fetch_handover(struct monitor *monitor) {
  struct shared_page *page = monitor->page;
  uint32_t what = atomic_load(&page->handover);
  if (what > HANDOVER_LISTENER || (monitor->due & 1u << what) == 0) {
    return;
  }
  int fd = sys_pidfd_getfd(monitor->pidfd, atomic_load(&page->handover_fd));
  if (fd < 0) {
    uint16_t code = what == HANDOVER_TERMINAL ? STEP_TERMINAL : STEP_SECCOMP;
    monitor_fail_step(monitor, PLAN_SLOT_NONE, code, errno);
  }
  if (what == HANDOVER_TERMINAL) {
    monitor->files.terminal = fd;
  } else {
    pass_listener(monitor, fd);
  }
  monitor->due &= ~(1u << what);
  atomic_store(&page->handover, HANDOVER_NONE);
  sys_futex(&page->handover, FUTEX_WAKE, 1, NULL);
}

void drain_child_signals(struct monitor *monitor) {
  struct signalfd_siginfo signal;
  while (read(monitor->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
  }
}

/*
 * An exec-stop or a death is a SIGCHLD. What the child says in the shared page makes no event, because a
 * filter may forbid it every system call: while such a thing is due the page is looked at, often at first.
 */
void await_stop(struct monitor *monitor) {
  struct timespec pause = {0, LOOK_FIRST_NS};
  for (;;) {
    drain_child_signals(monitor);
    fetch_handover(monitor);
    if (look_at_child(monitor)) {
      return;
    }
    bool look = monitor->due != 0 || monitor->holds || !monitor->traced;
    struct pollfd ready[] = {{monitor->signals, POLLIN, 0}, {monitor->launch, POLLIN, 0}};
    ppoll(ready, 2, look ? &pause : NULL, NULL);
    if (ready[1].revents != 0) {
      monitor_no_release(monitor, ECANCELED); /* the engine is gone, or does not want it any more */
    }
    pause.tv_nsec = pause.tv_nsec * 9 / 8 > LOOK_LAST_NS ? LOOK_LAST_NS : pause.tv_nsec * 9 / 8;
  }
}

/* seccomp(2) keeps the filters of a task in a list that PTRACE_SECCOMP_GET_FILTER numbers from the oldest. */
static bool send_filter(struct monitor *monitor, uint32_t index) {
  static struct msg_filter filter;
  long count = ptrace(PTRACE_SECCOMP_GET_FILTER, monitor->child, (void *)(uintptr_t)index, filter.code);
  if (count < 0) {
    return false;
  }
  size_t length = offsetof(struct msg_filter, code) + (size_t)count * sizeof filter.code[0];
  struct message_header header = {MSG_FILTER, PROTOCOL_VERSION, (uint32_t)length};
  filter.header = header;
  filter.index = index;
  filter.instructions = (uint32_t)count;
  if (packet_send_wait(monitor->launch, &filter, length, -1, SEND_TIMEOUT_MS) != 0) {
    monitor_no_release(monitor, errno);
  }
  return true;
}

/* The kernel answers EINVAL both for a task without filters and where it was built without the call. */
static bool runs_unfiltered(pid_t pid) {
  return strstr(text_in_proc(pid, "status"), "\nSeccomp:\t0\n") != NULL;
}

uint32_t send_filters(struct monitor *monitor) {
  uint32_t index = 0;
  while (index < FILTERS_MAX && send_filter(monitor, index)) {
    index++;
  }
  if (index < FILTERS_MAX && (errno == ENOENT || (index == 0 && runs_unfiltered(monitor->child)))) {
    return index;
  }
  return FILTERS_UNREADABLE;
}
