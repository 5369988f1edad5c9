#include "confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "allow_list.h"
#include "sys.h"

#define CAPABILITIES_MAX 64

/* Landlock as of ABI 6, which the kernel floor has; headers of Debian 12 know ABI 2. */
#define LANDLOCK_PATH_BENEATH 1
#define LANDLOCK_FILES ((1ull << 16) - 1)
#define LANDLOCK_REMOVE_FILE (1ull << 5)
#define LANDLOCK_MAKE_REG (1ull << 8)
#define LANDLOCK_TCP 3
#define LANDLOCK_ABSTRACT_SOCKETS 1 /* not signals: the child may still have to be killed */

struct landlock_attributes {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};

struct landlock_beneath {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

/* A filter sees no paths: what renameat2(2) is given besides the directory, an absolute path above all, stops
 * here. */
static int forbid_files(int exit_directory) {
  const struct landlock_attributes attributes = {LANDLOCK_FILES, LANDLOCK_TCP, LANDLOCK_ABSTRACT_SOCKETS};
  const struct landlock_beneath beneath = {LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG, exit_directory};
  int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (rules < 0 ||
      (exit_directory >= 0 &&
       syscall(SYS_landlock_add_rule, rules, LANDLOCK_PATH_BENEATH, &beneath, 0) != 0) ||
      syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
    return -1;
  }
  return close(rules);
}

static int keep_capabilities(uint32_t mask) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{mask, mask, 0}, {0, 0, 0}};
  return (int)syscall(SYS_capset, &header, sets);
}

int confine_drop_kill(void) { return keep_capabilities(0); }

static int drop_capabilities(void) {
  for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      if (errno == EINVAL && capability > 0) {
        break; /* beyond the last one this kernel knows */
      }
      return -1;
    }
  }
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ? -1
                                                                       : keep_capabilities(1u << CAP_KILL);
}

int confine(int exit_directory, pid_t child) {
  const struct allowed_call calls[] = {
      {SYS_read, 0, 0},
      {SYS_write, 0, 0},
#ifdef SYS_poll
      {SYS_poll, 0, 0},
#endif
      {SYS_ppoll, 0, 0},
      {SYS_recvmsg, 0, 0},
      {SYS_sendmsg, 0, 0},
      {SYS_close, 0, 0},
      {SYS_wait4, 0, 0},
      {SYS_clock_gettime, 0, 0},
      {SYS_pread64, 0, 0},
      {SYS_accept4, 0, 0},
      {SYS_getsockopt, ARGUMENT(2), SO_PEERCRED},
      {SYS_fstat, 0, 0}, /* of what a peer shows */
      {SYS_ioctl, ARGUMENT(1), TIOCSWINSZ},
      {SYS_fsync, 0, 0},
      {SYS_ptrace, ARGUMENT(0), PTRACE_DETACH},
      {SYS_kill, ARGUMENT(0), (uint32_t)child},
      {SYS_capset, 0, 0}, /* can only drop more */
      {SYS_exit_group, 0, 0},
      {SYS_restart_syscall, 0, 0},
      {SYS_renameat2, ARGUMENT(0) | ARGUMENT(2), (uint32_t)exit_directory}, /* last: only with a directory */
  };
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || drop_capabilities() != 0 ||
      forbid_files(exit_directory) != 0) {
    return -1;
  }
  return allow_list_install(calls, sizeof calls / sizeof calls[0] - (exit_directory < 0));
}
