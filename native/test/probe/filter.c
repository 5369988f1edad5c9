/*
 * What the seccomp filter answers to a call, apart from what the kernel would: the probe puts a filter of its
 * own beside it that hands each call to a listener, and the listener answers with an errno that no filter
 * uses. An older filter that refuses takes precedence (seccomp(2)), so nothing is carried out, and the answer
 * is the refusal, or the listener's word where the filters before it allow the call.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "probe.h"

enum { ALLOWED = EXFULL, LISTENER_STACK = 65536, LIMIT_MILLISECONDS = 20000, MOST_ENDS = 8 };

/* Between the process under the filter, its listener and the one that tells the outcome. */
struct shared {
  int listener; /* 0 until it is there, negative errno where it cannot be */
  long next;    /* number that comes after those that were tried */
  long answers[3][CALL_NUMBERS];
};

static struct shared *shared;

/* Of native numbers, of those of x32, and of those of 32-bit x86. */
static const char *const ABIS[] = {"native", "x32", "x86"};

static long answer(unsigned abi, long number) {
  if (abi == 2) {
    return call_x86(number);
  }
  return call_senseless(abi == 1 ? number | X32_BIT : number);
}

/* Only calls whose last argument is senseless: the process goes on making its own. */
static int install(void) {
  static struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return -errno;
  }
  int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  return fd < 0 ? -errno : fd;
}

/* Shares the descriptors of the process that it listens to. */
static int listen_to(void *unused) {
  (void)unused;
  struct seccomp_notif notice;
  while (__atomic_load_n(&shared->listener, __ATOMIC_ACQUIRE) == 0) {
    sched_yield();
  }
  int fd = shared->listener;
  while (fd > 0) {
    memset(&notice, 0, sizeof notice);
    if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0) {
      if (errno == EINTR) {
        continue;
      }
      return 0; /* nobody is under the filter any more */
    }
    struct seccomp_notif_resp response = {.id = notice.id, .error = -ALLOWED};
    ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
  return 1;
}

static int ask(unsigned abi) {
  static char stack[LISTENER_STACK] __attribute__((aligned(16)));
  int listener = clone(listen_to, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
  if (listener < 0) {
    return 1;
  }
  __atomic_store_n(&shared->listener, install(), __ATOMIC_RELEASE);
  if (shared->listener > 0) {
    while (shared->next < CALL_NUMBERS) {
      long number = shared->next++;
      shared->answers[abi][number] = answer(abi, number);
    }
  }
  kill(listener, SIGKILL);
  return 0;
}

static void tell(unsigned abi) {
  for (long number = 0; number < CALL_NUMBERS; number++) {
    long answer = shared->answers[abi][number];
    errno = (int)-answer;
    probe_key("filter.%s.%ld", ABIS[abi], number);
    if (answer == -ALLOWED) {
      probe_text("allowed");
    } else if (answer == CALL_UNKNOWN) {
      probe_text("unknown"); /* the process ended before it was asked */
    } else {
      probe_result(answer < 0 ? -1 : 0);
    }
  }
}

/* A call that ends the process, such as one that no filter sees, is left out, and the next ones are tried. */
static void ask_all(unsigned abi) {
  int status = 0;
  int ended = 0;
  shared->next = 0;
  for (unsigned tries = 0; tries < MOST_ENDS && shared->next < CALL_NUMBERS; tries++) {
    shared->listener = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      _exit(ask(abi));
    }
    if (!probe_wait(pid, &status, LIMIT_MILLISECONDS) || shared->listener <= 0) {
      break;
    }
    ended = WIFSIGNALED(status) ? WTERMSIG(status) : ended;
  }
  probe_key("filter.%s", ABIS[abi]);
  if (shared->listener <= 0) {
    errno = -shared->listener;
    probe_result(-1);
  } else if (shared->next < CALL_NUMBERS) {
    probe_text("signal %d", ended);
  } else {
    probe_text("asked");
  }
}

int probe_filter(void) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    return 1;
  }
  for (unsigned abi = 0; abi < (CALL_HAS_X86 ? 3 : 1); abi++) {
    for (long number = 0; number < CALL_NUMBERS; number++) {
      shared->answers[abi][number] = CALL_UNKNOWN;
    }
    ask_all(abi);
    tell(abi);
  }
  return 0;
}
