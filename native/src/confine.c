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

/* Landlock, as of ABI 7; headers of Debian 12 know ABI 2. */
#define LANDLOCK_VERSION_FLAG 1u
#define LANDLOCK_PATH_BENEATH 1
#define LANDLOCK_WRITE_FILE (1ull << 1)
#define LANDLOCK_REMOVE_FILE (1ull << 5)
#define LANDLOCK_MAKE_REG (1ull << 8)
#define LANDLOCK_TRUNCATE (1ull << 14)
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

/* Rights over files that each ABI knows: 13, then REFER, TRUNCATE and IOCTL_DEV. */
static uint64_t landlock_files(int abi) {
  int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
  return (1ull << bits) - 1;
}

static int forbid_files(int exit_directory) {
  int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);
  if (abi <= 0) {
    return 0; /* not built in or not enabled: the system call filter stands alone */
  }
  struct landlock_attributes attributes = {.files = landlock_files(abi),
                                           .network = abi >= 4 ? 3 : 0,
                                           .scopes = abi >= 6 ? LANDLOCK_ABSTRACT_SOCKETS : 0};
  int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (rules < 0) {
    return -1;
  }
  struct landlock_beneath beneath = {
      (LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE) & attributes.files,
      exit_directory};
  if (exit_directory >= 0 && syscall(SYS_landlock_add_rule, rules, LANDLOCK_PATH_BENEATH, &beneath, 0) != 0) {
    return -1;
  }
  if (syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
    return -1;
  }
  close(rules);
  return 0;
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
      {SYS_read, -1, 0},
      {SYS_write, -1, 0},
#ifdef SYS_poll
      {SYS_poll, -1, 0},
#endif
      {SYS_ppoll, -1, 0},
      {SYS_recvmsg, -1, 0},
      {SYS_sendmsg, -1, 0},
      {SYS_close, -1, 0},
      {SYS_wait4, -1, 0},
      {SYS_clock_gettime, -1, 0},
      {SYS_pread64, -1, 0},
      {SYS_accept4, -1, 0},
      {SYS_getsockopt, 2, SO_PEERCRED},
      {SYS_ioctl, 1, TIOCSWINSZ},
      {SYS_openat, 0, (uint32_t)exit_directory},
      {SYS_renameat2, 2, (uint32_t)exit_directory},
      {SYS_fsync, -1, 0},
      {SYS_ptrace, 0, PTRACE_DETACH},
      {SYS_kill, 0, (uint32_t)child},
      {SYS_capset, -1, 0}, /* can only drop more */
      {SYS_exit_group, -1, 0},
      {SYS_restart_syscall, -1, 0},
  };
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || drop_capabilities() != 0 ||
      forbid_files(exit_directory) != 0) {
    return -1;
  }
  return allow_list_install(calls, sizeof calls / sizeof calls[0]);
}
