#include "helper.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "birth.h"
#include "plan.h"
#include "raw.h"
#include "sealed.h"
#include "sys.h"

#define STRINGS_MAX 4096

enum { STRINGS, STDIN, STDOUT, STDERR, ENGINE, CGROUP, CONTAINER };
enum { PATH, DIRECTORY, ARGV }; /* of vectors */

struct program {
  const char *vectors[ARGV + STRINGS_MAX + 2]; /* path, directory, argv, NULL, environment, NULL */
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

/* Exactly argc + envc strings after path and directory, each with its NUL, and nothing behind the last. */
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
  for (uint32_t i = 0; i < ARGV + order->argc + order->envc; i++) {
    const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
    if (nul == NULL) {
      return -1;
    }
    next += i == ARGV + order->argc; /* the NULL between the two */
    *next++ = at;
    at = nul + 1;
  }
  program->argv = (char **)(uintptr_t)(program->vectors + ARGV);
  program->environment = program->argv + order->argc + 1;
  return at == end && program->vectors[PATH][0] == '/' ? 0 : -1;
}

/* In a mount namespace of its own, where no mount comes from elsewhere or goes there: a container's mounts,
 * in the directory "rootfs". They can be written to, as before the container's root became read-only. */
static int show_container(int mounts) {
  if (mounts < 0 || unshare(CLONE_NEWNS) != 0 ||
      syscall(SYS_mount, NULL, "/", NULL, (long)(MS_REC | MS_PRIVATE), NULL) != 0) {
    return -1;
  }
  int place = open("rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int result = raw_mount_setattr(mounts, AT_RECURSIVE, (struct mount_attr){.propagation = MS_PRIVATE});
  if (result >= 0) {
    result = raw_mount_setattr(mounts, 0, (struct mount_attr){.attr_clr = MOUNT_ATTR_RDONLY});
  }
  result = result < 0 ? result : raw_attach(mounts, place);
  errno = result < 0 ? -result : 0;
  close(mounts);
  close(place);
  return result;
}

/* Nothing is executed and no path of the container is followed while this process is among its mounts. */
static int enter(const char *directory, const int *fds, bool shown, int host_mounts) {
  int mounts = -1;
  if (shown && setns(fds[CONTAINER], CLONE_NEWNS) == 0) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
    mounts = (int)syscall(SYS_open_tree, AT_FDCWD, "/", flags);
  }
  if ((shown && mounts < 0) || setns(host_mounts, CLONE_NEWNS) != 0 || chdir(directory) != 0) {
    return -1;
  }
  return shown ? show_container(mounts) : 0;
}

/* The number of a mount made now. */
static uint64_t newest_mount(void) {
  struct statx status = {0};
  int clone = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  (void)statx(clone, "", AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, &status);
  close(clone);
  return status.stx_mnt_id;
}

/* listmount(2), whose struct mnt_id_req the oldest headers lack: size, where, after which number. The kernel
 * counts all mounts, and gives no number twice until the next boot. */
static bool has_mounted(uint64_t since) {
  const uint64_t query[3] = {sizeof query, LSMT_ROOT, since};
  uint64_t found;
  return syscall(SYS_listmount, query, &found, 1, 0) != 0;
}

/* Whoever is the container's root, as the host counts, with what root may: what it makes belongs to the
 * container. In the container's user namespace itself others could trace it. */
static int become_owner(uid_t uid, gid_t gid) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];
  if (uid == 0 && gid == 0) {
    return 0;
  }
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
      setresuid(uid, uid, uid) != 0 || syscall(SYS_capget, &header, held) != 0) {
    return -1;
  }
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    held[i].effective = held[i].inheritable = held[i].permitted;
  }
  int result = (int)syscall(SYS_capset, &header, held);
  for (unsigned cap = 0; result == 0 && cap < 64; cap++) {
    if (held[cap / 32].permitted >> cap % 32 & 1) {
      result = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
    }
  }
  return result;
}

/* The errno of a start that failed goes to the supervisor through memory they share. */
static _Noreturn void become(const struct program *program, const int *fds, const struct msg_helper *order,
                             int *error) {
  setsid();
  umask(022);
  birth_default_signals();
  if ((order->namespaces == 0 || setns(fds[CONTAINER], (int)order->namespaces) == 0) &&
      become_owner(order->uid, order->gid) == 0 && sys_dup3(fds[STDIN], 0) >= 0 &&
      sys_dup3(fds[STDOUT], 1) >= 0 && sys_dup3(fds[STDERR], 2) >= 0) {
    birth_close_others(NULL, 0);
    execve(program->vectors[PATH], program->argv, program->environment);
  }
  *error = errno;
  _exit(127);
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

_Noreturn void helper_run(const struct msg_helper *order, const int *fds, bool shown, int host_mounts) {
  static struct program program;
  prctl(PR_SET_NAME, "warden:helper", 0, 0, 0);
  if (take_strings(order, fds[STRINGS], &program) != 0 ||
      (order->namespaces & ~(shown ? HELPER_NAMESPACES : 0u)) != 0) {
    report_failure(fds[ENGINE], EINVAL, "take argv and environment");
  }
  if (enter(program.vectors[DIRECTORY], fds, shown, host_mounts) != 0) {
    report_failure(fds[ENGINE], errno, shown ? "show it the container" : "enter its directory");
  }
  uint64_t newest = newest_mount();
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
    become(&program, fds, order, error);
  }
  for (int i = STRINGS; i < ENGINE; i++) {
    close(fds[i]); /* the engine reads until the program's own ends are closed */
  }
  int timeout = order->timeout_ms > INT32_MAX ? INT32_MAX : (int)order->timeout_ms;
  struct msg_exited exited;
  packet_start(&exited.header, MSG_EXITED, sizeof exited);
  exited.status = wait_for(pid, timeout);
  exited.time_ns = sys_clock_ns(CLOCK_REALTIME);
  if (*error != 0) {
    report_failure(fds[ENGINE], *error, "execute the program");
  }
  if (shown && has_mounted(newest)) {
    report_failure(fds[ENGINE], 0, HELPER_MOUNTED);
  }
  packet_send(fds[ENGINE], &exited, sizeof exited, -1);
  _exit(0);
}
