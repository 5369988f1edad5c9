/* Identity and privilege. Raw calls: libc's would speak to threads that do not exist and keep their own idea
 * of ids. */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "child_state.h"

#define CAPABILITIES 64

/* Ids of the namespace before are not mapped in this one: what they make there fails with EOVERFLOW. */
int child_user_ns_root(struct child *c, const uint64_t *operand) {
  (void)operand;
  long result = raw(SYS_setgroups, 0, 0, 0);
  if (result >= 0) {
    result = raw(SYS_setresgid, 0, 0, 0);
  }
  if (result >= 0) {
    result = raw(SYS_setresuid, 0, 0, 0);
  }
  return result < 0 ? (int)result : child_guard(c);
}

int child_bounding(struct child *c, const uint64_t *operand) {
  for (unsigned cap = 0; cap < CAPABILITIES; cap++) {
    int held = raw_prctl(PR_CAPBSET_READ, cap, 0);
    if (held == -EINVAL) { /* beyond the last one that this kernel knows */
      return 0;
    }
    if (held > 0 && !(operand[BOUNDING_KEEP] >> cap & 1)) {
      held = raw_prctl(PR_CAPBSET_DROP, cap, 0);
    }
    if (held < 0) {
      c->aux = cap;
      return held;
    }
  }
  return 0;
}

int child_securebits(struct child *c, const uint64_t *operand) {
  (void)c;
  return raw_prctl(PR_SET_SECUREBITS, operand[SECUREBITS_BITS], 0);
}

int child_keep_caps(struct child *c, const uint64_t *operand) {
  (void)c;
  (void)operand;
  return raw_prctl(PR_SET_KEEPCAPS, 1, 0);
}

int child_groups(struct child *c, const uint64_t *operand) {
  uint32_t length;
  const void *gids = plan_blob(c->plan, operand[GROUPS_GIDS], &length);
  return (int)raw(SYS_setgroups, length / sizeof(gid_t), (long)gids, 0);
}

int child_gid(struct child *c, const uint64_t *operand) {
  long gid = (long)operand[GID_GID];
  long result = raw(SYS_setresgid, gid, gid, gid);
  return result < 0 ? (int)result : child_guard(c);
}

int child_uid(struct child *c, const uint64_t *operand) {
  long uid = (long)operand[UID_UID];
  long result = raw(SYS_setresuid, uid, uid, uid);
  return result < 0 ? (int)result : child_guard(c);
}

int child_capset(struct child *c, const uint64_t *operand) {
  (void)c;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    data[i].effective = (uint32_t)(operand[CAPSET_EFFECTIVE] >> 32 * i);
    data[i].permitted = (uint32_t)(operand[CAPSET_PERMITTED] >> 32 * i);
    data[i].inheritable = (uint32_t)(operand[CAPSET_INHERITABLE] >> 32 * i);
  }
  return (int)raw(SYS_capset, (long)&header, (long)data, 0);
}

int child_ambient(struct child *c, const uint64_t *operand) {
  int result = raw_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
  for (unsigned cap = 0; result >= 0 && cap < CAPABILITIES; cap++) {
    if (operand[AMBIENT_RAISE] >> cap & 1) {
      c->aux = cap;
      result = raw_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
    }
  }
  return result;
}

int child_no_new_privs(struct child *c, const uint64_t *operand) {
  (void)c;
  (void)operand;
  return raw_prctl(PR_SET_NO_NEW_PRIVS, 1, 0);
}

/* Neither is in /proc: the child itself says what the kernel answers. */
int child_report(struct child *c, const uint64_t *operand) {
  (void)operand;
  int bits = raw_prctl(PR_GET_SECUREBITS, 0, 0);
  if (bits < 0) {
    return bits;
  }
  c->page->securebits = (uint32_t)bits;
  c->page->keyring = (int32_t)raw(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  return 0;
}

int child_seccomp(struct child *c, const uint64_t *operand) {
  int result = child_unguard(c); /* the filter may deny prctl(2) */
  if (result < 0) {
    return result;
  }
  uint32_t length;
  const void *program = plan_blob(c->plan, operand[SECCOMP_PROGRAM], &length);
  struct sock_fprog filter = {(unsigned short)(length / sizeof(struct sock_filter)),
                              (struct sock_filter *)program};
  uint64_t flags = operand[SECCOMP_FLAGS];
  long fd = raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (long)flags, (long)&filter);
  if (fd < 0 || !(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)) {
    return fd > 0 ? -ESRCH : (int)fd; /* TSYNC: the thread that could not take the filter */
  }
  /* A call that the filter notifies about would wait for whoever holds the listener: here nobody yet. */
  return child_hand_over(c, HANDOVER_LISTENER, (int)fd, true);
}
