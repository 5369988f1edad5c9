/*
 * A PID namespace that others live in. Whoever lives there and may trace sees root, working directory,
 * descriptors and memory of every process in it from its first moment. So nobody enters before the end of the
 * launch but a maker of procfs that has nothing, and the process that is born last.
 */
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "allow_list.h"
#include "child_state.h"
#include "packet.h"

#define MAKER_MS 10000

/* All that a maker may still do, with whatever somebody puts into its memory. */
static const struct allowed_call maker_calls[] = {
    {SYS_clone, ARGUMENT(0), SIGCHLD},
    {SYS_fsopen, 0, 0},
    {SYS_sendmsg, 0, 0},
    {SYS_wait4, 0, 0},
    {SYS_exit_group, 0, 0},
};

int child_join_pid_ns(struct child *c, const uint64_t *operand) {
  return (int)raw(SYS_setns, c->slots[operand[JOIN_PID_NS_NS]], CLONE_NEWPID, 0);
}

/* The process that waits here is the monitor's to end, once it has the other one. */
int child_birth(struct child *c, const uint64_t *operand) {
  (void)operand;
  long pid = raw(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID, 0, (long)&c->page->born);
  if (pid > 0) {
    (void)child_wait(&c->page->born, (uint32_t)pid, 0);
    _exit(0);
  }
  long result = pid == 0 && c->guarded ? child_guard(c) : pid; /* fork clears the parent-death signal */
  return result < 0 ? (int)result : (int)raw_result(setsid() < 0 ? -1 : 0);
}

/* Nothing above it: a mount that is attached nowhere has no parent. */
static int enter_empty_root(void) {
  int context = (int)raw(SYS_fsopen, (long)"tmpfs", FSOPEN_CLOEXEC, 0);
  long result = context;
  if (result >= 0) {
    result = raw_result(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
  }
  if (result >= 0) {
    result = raw(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
  }
  if (result >= 0) {
    result = raw(SYS_fchdir, result, 0, 0);
  }
  return result < 0 ? (int)result : (int)raw(SYS_chroot, (long)".", 0, 0);
}

/* proc(5): a procfs shows the namespace of whoever opens its context; the rest can be done by anybody. */
static _Noreturn void open_context(int out) {
  struct message_header header;
  int context = (int)raw(SYS_fsopen, (long)"proc", FSOPEN_CLOEXEC, 0);
  packet_start(&header, 0, sizeof header);
  if (context < 0 || packet_send(out, &header, sizeof header, context) != 0) {
    _exit(errno);
  }
  _exit(0);
}

/* Between child and maker: not in the namespace, so that its child in there inherits nothing to be looked at.
 */
static _Noreturn void run_maker(int pid_ns, int out) {
  int status = 0;
  long result = raw_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
  if (result >= 0) {
    result = enter_empty_root();
  }
  if (result >= 0) {
    result = raw(SYS_setns, pid_ns, CLONE_NEWPID, 0);
  }
  if (result >= 0) {
    result = raw(SYS_dup3, out, 0, 0);
  }
  if (result >= 0) {
    result = raw(SYS_close_range, 1, ~0u, 0);
  }
  if (result >= 0 && allow_list_install(maker_calls, sizeof maker_calls / sizeof maker_calls[0]) == 0) {
    result = raw(SYS_clone, SIGCHLD, 0, 0);
  }
  if (result == 0) {
    open_context(0);
  }
  if (result < 0) {
    _exit(-(int)result);
  }
  (void)raw_result(syscall(SYS_wait4, result, &status, 0, NULL));
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD);
}

/* What the maker's child sends, or its errno; whatever it is, it is looked at before it is used. */
static int take_context(pid_t maker, int in) {
  static struct packet packet;
  int status = 0;
  struct pollfd ready = {in, POLLIN, 0};
  bool came = poll(&ready, 1, MAKER_MS) == 1 && packet_receive(in, &packet) == PACKET_OK;
  if (!ready.revents) {
    (void)kill(maker, SIGKILL);
  }
  while (waitpid(maker, &status, 0) < 0 && errno == EINTR) {
  }
  if (came && packet.fd_count == 1) {
    return packet.fds[0];
  }
  return WIFEXITED(status) && WEXITSTATUS(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static int context_within(int pid_ns) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
    return -errno;
  }
  long maker = raw(SYS_clone, SIGCHLD, 0, 0);
  if (maker == 0) {
    run_maker(pid_ns, ends[1]);
  }
  raw_close(ends[1]);
  int result = maker < 0 ? (int)maker : take_context((pid_t)maker, ends[0]);
  raw_close(ends[0]);
  return result;
}

/* In the procfs of a namespace in which it does not live a process has no `self`: procfs(5). */
static int check_foreign(int proc) {
  char self[16];
  long result = proc_check(proc);
  if (result >= 0) {
    result = raw_result(syscall(SYS_readlinkat, proc, "self", self, sizeof self));
  }
  return result == -ENOENT ? 0 : result < 0 ? (int)result : -ESTALE;
}

int child_mount_proc(struct child *c, const uint64_t *operand) {
  int result = mount_context(c, context_within(c->slots[operand[MOUNT_PROC_PID_NS]]),
                             operand[MOUNT_PROC_OPTIONS], operand[MOUNT_PROC_ATTRIBUTES]);
  c->slots[operand[MOUNT_PROC_MOUNT]] = result;
  return result < 0 ? result : check_foreign(result);
}
