/* Making the child: the clone, by way of a stage where a user namespace is joined, its id maps and its
 * tracer. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "monitor.h"
#include "sys.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

enum {
  NAMESPACE_FLAGS = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME
};

static _Noreturn void become_child(struct monitor *monitor) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  child_run(&monitor->plan, monitor->page, monitor->slots);
}

static void into_cgroup(struct clone_args *args, int cgroup) {
  if (cgroup >= 0) {
    args->flags |= CLONE_INTO_CGROUP;
    args->cgroup = (uint64_t)cgroup;
  }
}

static int clone_directly(struct monitor *monitor, uint64_t flags, int cgroup) {
  struct clone_args args = {
      .flags = flags | CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uint64_t)(uintptr_t)&monitor->pidfd};
  into_cgroup(&args, cgroup);
  pid_t pid = sys_clone3(&args);
  if (pid == 0) {
    become_child(monitor);
  }
  monitor->child = pid < 0 ? 0 : pid;
  return pid < 0 ? -1 : 0;
}

/* In the stage, which is in the cgroup already: inside the user namespace it could no longer move there. */
static _Noreturn void stage_run(struct monitor *monitor, uint64_t flags) {
  struct clone_args args = {.flags = flags | CLONE_PARENT | CLONE_PARENT_SETTID,
                            .parent_tid = (uint64_t)(uintptr_t)&monitor->page->born};
  if (setns(monitor->user_ns, CLONE_NEWUSER) != 0) {
    _exit(errno);
  }
  pid_t pid = sys_clone3(&args);
  if (pid == 0) {
    become_child(monitor);
  }
  _exit(pid < 0 ? errno : 0);
}

/* With CLONE_PARENT the child is the monitor's own, so its pid stays its until the monitor reaps it. */
static int clone_in_stage(struct monitor *monitor, uint64_t flags, int cgroup) {
  struct clone_args args = {.exit_signal = SIGCHLD};
  into_cgroup(&args, cgroup);
  pid_t stage = sys_clone3(&args);
  if (stage == 0) {
    stage_run(monitor, flags);
  }
  int status = 0;
  if (stage < 0) {
    return -1;
  }
  while (waitpid(stage, &status, 0) < 0 && errno == EINTR) {
  }
  monitor->child = (pid_t)atomic_exchange(&monitor->page->born, 0);
  if (monitor->child == 0) {
    errno = WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : ECHILD;
    return -1;
  }
  monitor->pidfd = sys_pidfd_open(monitor->child);
  return monitor->pidfd < 0 ? -1 : 0;
}

/* The page is the newborn's as well, and who lives where it lives may write to it: only a child counts. */
void take_newborn(struct monitor *monitor) {
  pid_t born = (pid_t)atomic_load(&monitor->page->born);
  siginfo_t nothing;
  if (monitor->delivered || born <= 0 || born == monitor->child ||
      waitid(P_PID, (id_t)born, &nothing, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) {
    return;
  }
  monitor->delivered = true;
  if (monitor->child > 0) {
    kill(monitor->child, SIGKILL);
    monitor_reap(monitor);
  }
  close(monitor->pidfd);
  monitor->child = born;
  monitor->pidfd = sys_pidfd_open(born);
  if (monitor->pidfd < 0) {
    monitor_fail_step(monitor, PLAN_SLOT_NONE, 0, errno);
  }
}

int clone_child(struct monitor *monitor, uint64_t flags, int cgroup) {
  if (monitor->child != 0 || (flags & ~(uint64_t)(uint32_t)NAMESPACE_FLAGS) != 0) {
    errno = EINVAL;
    return -1;
  }
  return monitor->user_ns >= 0 ? clone_in_stage(monitor, flags, cgroup)
                               : clone_directly(monitor, flags, cgroup);
}

/* A file of the child, which keeps its pid until it is reaped. The kernel takes a map in one write or not at
 * all. */
static int write_once(const struct monitor *monitor, const char *name, const char *text) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)monitor->child, name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return -1;
  }
  ssize_t n = write(fd, text, strlen(text));
  int error = n < 0 ? errno : EIO;
  close(fd);
  if (n == (ssize_t)strlen(text)) {
    return 0;
  }
  errno = error;
  return -1;
}

int write_id_maps(const struct monitor *monitor, const char *uid, const char *gid, bool setgroups) {
  if (!setgroups && write_once(monitor, "setgroups", "deny") != 0) {
    return -1;
  }
  return write_once(monitor, "gid_map", gid) != 0 ? -1 : write_once(monitor, "uid_map", uid);
}

int write_oom_score(const struct monitor *monitor, int64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)value);
  return write_once(monitor, "oom_score_adj", text);
}

int trace_child(struct monitor *monitor) {
  long options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, monitor->child, NULL, options) != 0) {
    return -1;
  }
  monitor->traced = true;
  return 0;
}
