#include "birth.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

#define KIB 1024ul
#define CPU_WORDS 128 /* more than any kernel has bits for */
#define IOPRIO_WHO_PROCESS 1

/*
 * The kernel's own for its first process, asm-generic/resource.h, where that does not take them from the size
 * of memory; files as many as select(2) can take, and more for those who ask. Rlimits.java claims the same.
 */
static const struct rlimit limits[RLIM_NLIMITS] = {
    [RLIMIT_CPU] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_FSIZE] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_DATA] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_STACK] = {8 * KIB * KIB, RLIM_INFINITY},
    [RLIMIT_CORE] = {0, RLIM_INFINITY},
    [RLIMIT_RSS] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_NPROC] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_NOFILE] = {KIB, KIB *KIB},
    [RLIMIT_MEMLOCK] = {8 * KIB * KIB, 8 * KIB *KIB},
    [RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_LOCKS] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_SIGPENDING] = {64 * KIB, 64 * KIB},
    [RLIMIT_MSGQUEUE] = {800 * KIB, 800 * KIB},
    [RLIMIT_NICE] = {0, 0},
    [RLIMIT_RTPRIO] = {0, 0},
    [RLIMIT_RTTIME] = {RLIM_INFINITY, RLIM_INFINITY},
};

static int ascending(const void *a, const void *b) {
  int x = *(const int *)a;
  int y = *(const int *)b;
  return (x > y) - (x < y);
}

void birth_close_others(int *keep, int count) {
  if (count > 1) {
    qsort(keep, (size_t)count, sizeof *keep, ascending);
  }
  unsigned next = 3;
  for (int i = 0; i < count; i++) {
    if (keep[i] < (int)next) {
      continue;
    }
    if ((unsigned)keep[i] > next) {
      sys_close_range(next, (unsigned)keep[i] - 1);
    }
    next = (unsigned)keep[i] + 1;
  }
  sys_close_range(next, ~0u);
}

int birth_null_stdio(int with_stderr) {
  int null = open("/dev/null", O_RDWR | O_NOCTTY);
  if (null < 0) {
    return -1;
  }
  for (int fd = 0; fd <= 2; fd++) {
    if (fd == 2 && !with_stderr && fcntl(2, F_GETFD) >= 0) {
      continue;
    }
    if (null != fd && sys_dup3(null, fd) < 0) {
      return -1;
    }
  }
  if (null > 2) {
    close(null);
  }
  return 0;
}

/* By the kernel's own call, because libc's refuses the two signals it keeps for itself, which a parent may
 * ignore. */
static void set_handler(int signal, uint64_t handler) {
  uint64_t action[4] = {handler}; /* the kernel's struct sigaction: no flags, no mask */
  syscall(SYS_rt_sigaction, signal, action, NULL, sizeof(uint64_t)); /* KILL and STOP refuse */
}

void birth_default_signals(void) {
  for (int signal = 1; signal < NSIG; signal++) {
    set_handler(signal, (uint64_t)(uintptr_t)SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void birth_ignore_signals(void) {
  for (int signal = 1; signal < NSIG; signal++) {
    if (signal != SIGCHLD && signal != SIGTERM) {
      set_handler(signal, (uint64_t)(uintptr_t)SIG_IGN);
    }
  }
}

static rlim_t lesser(rlim_t a, rlim_t b) { return a < b ? a : b; }

/* Of a shell, a unit, a JVM. Without CAP_SYS_RESOURCE a hard limit can be lowered only. */
static void reset_limits(void) {
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
    struct rlimit now;
    if (setrlimit(resource, &limits[resource]) != 0 && getrlimit(resource, &now) == 0) {
      now.rlim_max = lesser(limits[resource].rlim_max, now.rlim_max);
      now.rlim_cur = lesser(limits[resource].rlim_cur, now.rlim_max);
      setrlimit(resource, &now);
    }
  }
}

/* Best effort: where it fails there was nothing to reset, or no right to have changed it. */
static void reset_scheduling(void) {
  static const struct sched_param none;
  unsigned long processors[CPU_WORDS];
  memset(processors, 0xff, sizeof processors);
  (void)sched_setscheduler(0, SCHED_OTHER, &none);
  (void)setpriority(PRIO_PROCESS, 0, 0);
  (void)syscall(SYS_sched_setaffinity, 0, sizeof processors, processors); /* those of its cpuset */
  (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
  (void)syscall(SYS_set_mempolicy, 0, NULL, 0);
}

void birth_reset(void) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  birth_default_signals();
  reset_limits();
  reset_scheduling();
  umask(077);
  prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
  prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0);
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  (void)syscall(SYS_personality, 0);
  (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}
