#include "helper.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "birth.h"
#include "plan.h"
#include "sealed.h"
#include "sys.h"

enum { STRINGS, STDIN, STDOUT, STDERR, ENGINE, CGROUP, STRINGS_MAX = 4096 };

struct program {
  const char *vectors[STRINGS_MAX + 2]; /* argv, NULL, environment, NULL */
  char **argv;
  char **environment;
};

static _Noreturn void report_failure(int engine, int error, const char *attempt) {
  struct msg_failed failed;
  packet_start(&failed.header, MSG_FAILED, sizeof failed);
  failed.phase = PHASE_MONITOR;
  failed.error = error;
  strncpy(failed.reason, attempt, sizeof failed.reason - 1);
  packet_send(engine, &failed, sizeof failed, -1);
  _exit(1);
}

/* Exactly argc + envc strings, each with its NUL, and nothing behind the last. */
static int take_strings(const struct msg_helper *order, int fd, struct program *program) {
  size_t length;
  if (order->argc == 0 || order->argc > STRINGS_MAX || order->envc > STRINGS_MAX - order->argc) {
    return -1;
  }
  const char *at = sealed_map(fd, PLAN_LENGTH_MAX, &length);
  if (at == NULL) {
    return -1;
  }
  const char *end = at + length;
  const char **next = program->vectors;
  for (uint32_t i = 0; i < order->argc + order->envc; i++) {
    const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
    if (nul == NULL) {
      return -1;
    }
    next += i == order->argc; /* the NULL between the two */
    *next++ = at;
    at = nul + 1;
  }
  program->argv = (char **)(uintptr_t)program->vectors;
  program->environment = program->argv + order->argc + 1;
  return at == end && program->argv[0][0] == '/' ? 0 : -1;
}

/* The errno of a start that failed goes to the supervisor through memory they share. */
static _Noreturn void become(const struct program *program, const int *fds, int host_mounts, int *error) {
  setsid();
  umask(022);
  birth_default_signals();
  if (setns(host_mounts, CLONE_NEWNS) == 0 && sys_dup3(fds[STDIN], 0) >= 0 && sys_dup3(fds[STDOUT], 1) >= 0 &&
      sys_dup3(fds[STDERR], 2) >= 0) {
    birth_close_others(NULL, 0);
    execve(program->argv[0], program->argv, program->environment);
  }
  *error = errno;
  _exit(127);
}

static int64_t realtime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int wait_for(pid_t pid, int timeout_ms) {
  int pidfd = sys_pidfd_open(pid);
  struct pollfd ended = {pidfd, POLLIN, 0};
  if (pidfd < 0 || poll(&ended, 1, timeout_ms) <= 0) {
    kill(pid, SIGKILL);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

_Noreturn void helper_run(const struct msg_helper *order, const int fds[HELPER_FDS], int host_mounts) {
  static struct program program;
  prctl(PR_SET_NAME, "warden:helper", 0, 0, 0);
  if (take_strings(order, fds[STRINGS], &program) != 0) {
    report_failure(fds[ENGINE], EINVAL, "take argv and environment");
  }
  int *error = mmap(NULL, sizeof *error, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (error == MAP_FAILED) {
    report_failure(fds[ENGINE], errno, "map memory");
  }
  struct clone_args args = {
      .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)fds[CGROUP]};
  pid_t pid = sys_clone3(&args);
  if (pid < 0) {
    report_failure(fds[ENGINE], errno, "clone into its cgroup");
  }
  if (pid == 0) {
    become(&program, fds, host_mounts, error);
  }
  for (int i = STRINGS; i < ENGINE; i++) {
    close(fds[i]); /* the engine reads until the program's own ends are closed */
  }
  int timeout = order->timeout_ms > INT32_MAX ? INT32_MAX : (int)order->timeout_ms;
  struct msg_exited exited;
  packet_start(&exited.header, MSG_EXITED, sizeof exited);
  exited.status = wait_for(pid, timeout);
  exited.time_ns = realtime_ns();
  if (*error != 0) {
    report_failure(fds[ENGINE], *error, "execute the program");
  }
  packet_send(fds[ENGINE], &exited, sizeof exited, -1);
  _exit(0);
}
