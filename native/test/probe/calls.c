/*
 * Every system call, carried out with senseless arguments in a process of its own: what a program meets,
 * whether a filter or the kernel answers.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "probe.h"

enum { LIMIT_MILLISECONDS = 300 };

/* A child of the call's own ends at once: it has the caller's stack. */
static void make_call(long number, long *answer) {
  long own = getpid();
  long result = call_senseless(number);
  if (syscall(SYS_getpid) != own) {
    syscall(SYS_exit_group, 0);
  }
  *answer = result;
  syscall(SYS_exit_group, 0);
}

static void tell(long number, long *answer) {
  *answer = CALL_UNKNOWN;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    make_call(number, answer);
  }
  int status = 0;
  int in_time = probe_wait(pid, &status, LIMIT_MILLISECONDS);
  probe_key("call.%ld", number);
  if (*answer != CALL_UNKNOWN) {
    errno = (int)-*answer;
    probe_result(*answer < 0 && *answer > -4096 ? -1 : 0);
  } else if (!in_time) {
    probe_text("waits");
  } else if (WIFSIGNALED(status)) {
    probe_text("signal %d", WTERMSIG(status));
  } else {
    probe_text("ends");
  }
}

int probe_calls(void) {
  long *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (answer == MAP_FAILED) {
    return 1;
  }
  for (long number = 0; number < CALL_NUMBERS; number++) {
    tell(number, answer);
  }
  return 0;
}
