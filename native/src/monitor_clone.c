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
  if (monitor->pid_ns >= 0 && setns(monitor->pid_ns, CLONE_NEWPID) != 0) {
    return -1;
  }
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

/*
 * In the stage, which is in the cgroup already: inside the user namespace it could no longer move there. It
 * joins the PID namespace itself, and so still sees, and tells, pids of the monitor's.
 */
static _Noreturn void stage_run(struct monitor *monitor, uint64_t flags) {
  struct clone_args args = {.flags = flags | CLONE_PARENT};
  if ((monitor->pid_ns >= 0 && setns(monitor->pid_ns, CLONE_NEWPID) != 0) ||
      setns(monitor->user_ns, CLONE_NEWUSER) != 0) {
    _exit(errno);
  }
  pid_t pid = sys_clone3(&args);
  if (pid == 0) {
    become_child(monitor);
  }
  if (pid < 0) {
    _exit(errno);
  }
  atomic_store(&monitor->page->stage_pid, pid);
  _exit(0);
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
  monitor->child = atomic_load(&monitor->page->stage_pid);
  if (monitor->child == 0) {
    errno = WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : ECHILD;
    return -1;
  }
  monitor->pidfd = sys_pidfd_open(monitor->child);
  return monitor->pidfd < 0 ? -1 : 0;
}

int clone_child(struct monitor *monitor, uint64_t flags, int cgroup) {
  if (monitor->child != 0 || (flags & ~(uint64_t)(uint32_t)NAMESPACE_FLAGS) != 0) {
    errno = EINVAL;
    return -1;
  }
  return monitor->user_ns >= 0 ? clone_in_stage(monitor, flags, cgroup)
                               : clone_directly(monitor, flags, cgroup);
}

/* The kernel takes a map in one write or not at all. */
static int write_once(int directory, const char *name, const char *text) {
  int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);
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
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", (int)monitor->child);
  int process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process < 0) {
    return -1;
  }
  int result = setgroups ? 0 : write_once(process, "setgroups", "deny");
  if (result == 0) {
    result = write_once(process, "gid_map", gid);
  }
  if (result == 0) {
    result = write_once(process, "uid_map", uid);
  }
  int error = errno;
  close(process);
  errno = error;
  return result;
}

int trace_child(struct monitor *monitor) {
  unsigned long options = PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, monitor->child, NULL, options) != 0) {
    return -1;
  }
  monitor->traced = true;
  return 0;
}
