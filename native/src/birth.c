#include "birth.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

#define OPEN_FILES_SOFT                                                              \
  1024 /* what select(2) can still take; a workload that wants more asks in its plan \
        */

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

/* A JVM raises the soft limit to the hard one, and select(2) in a workload would overrun its sets. */
static void reset_open_files(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max < OPEN_FILES_SOFT ? files.rlim_max : OPEN_FILES_SOFT;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void birth_reset(void) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  birth_default_signals();
  reset_open_files();
  umask(077);
  prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
  prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0);
  /* Best effort: where it fails there was nothing to reset, or no right to have changed it. */
  (void)setpriority(PRIO_PROCESS, 0, 0);
  (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}
