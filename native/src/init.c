#include "init.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allow_list.h"
#include "sys.h"

static const struct allowed_call init_calls[] = {
    {SYS_rt_sigtimedwait, 0, 0}, {SYS_wait4, 0, 0},           {SYS_exit_group, 0, 0},
    {SYS_rt_sigreturn, 0, 0},    {SYS_restart_syscall, 0, 0},
};

int init_main(void) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGINT);
  /* Blocked, so that they wait for sigwaitinfo(2); as pid 1 it gets no other signal that it does not handle.
   */
  if (sigprocmask(SIG_SETMASK, &awaited, NULL) != 0 || sys_close_range(0, ~0u) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
      allow_list_install(init_calls, sizeof init_calls / sizeof init_calls[0]) != 0) {
    return 1;
  }
  for (;;) {
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    int signal = sigwaitinfo(&awaited, NULL);
    if (signal == SIGTERM || signal == SIGINT) {
      _exit(0);
    }
  }
}
