/* Descriptors and namespaces: what the child keeps of the monitor's, and where it goes. */
#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "child_state.h"

/* A session keyring as its maker gets it (security/keys/process_keys.c), and searchable by its owner. */
#define KEYRING_POSSESSOR_ALL 0x3f000000u
#define KEYRING_OWNER (0x00010000u | 0x00020000u | 0x00080000u | 0x00100000u) /* view, read, search, link */

/* Descriptors that later steps need; returns how many. A slot that no later step names is given up. */
static unsigned needed_fds(struct child *c, int keep[PLAN_SLOTS_MAX + 1]) {
  bool named[PLAN_SLOTS_MAX] = {false};
  bool pivots = false;
  const struct step *step = plan_next(c->step);
  for (uint32_t i = c->index + 1; i < c->plan->header->child_steps; i++, step = plan_next(step)) {
    uint32_t slots[STEP_OPERANDS_MAX];
    unsigned count = plan_step_slots(step, slots);
    for (unsigned j = 0; j < count; j++) {
      named[slots[j]] = true;
    }
    pivots = pivots || step->code == STEP_PIVOT_ROOT;
  }
  unsigned kept = 0;
  for (uint32_t slot = 0; slot < c->plan->header->slots_total; slot++) {
    if (c->slots[slot] >= 0 && named[slot]) {
      keep[kept++] = c->slots[slot];
    } else {
      c->slots[slot] = -1;
    }
  }
  if (pivots && c->root >= 0) {
    keep[kept++] = c->root;
  } else {
    c->root = -1;
  }
  return kept;
}

int child_close_fds(struct child *c, const uint64_t *operand) {
  (void)operand;
  int keep[PLAN_SLOTS_MAX + 1];
  unsigned kept = needed_fds(c, keep);
  unsigned from = 3;
  for (;;) {
    unsigned next = ~0u; /* the lowest descriptor to keep that is not below `from` */
    for (unsigned i = 0; i < kept; i++) {
      if ((unsigned)keep[i] >= from && (unsigned)keep[i] < next) {
        next = (unsigned)keep[i];
      }
    }
    long result = next == from ? 0 : raw(SYS_close_range, from, next == ~0u ? next : next - 1, 0);
    if (result < 0 || next == ~0u) {
      return (int)result;
    }
    from = next + 1;
  }
}

int child_set_sid(struct child *c, const uint64_t *operand) {
  (void)c;
  (void)operand;
  long result = raw(SYS_setsid, 0, 0, 0);
  return result < 0 ? (int)result : 0;
}

int child_join_ns(struct child *c, const uint64_t *operand) {
  uint64_t type = operand[JOIN_NS_TYPE];
  int result = (int)raw(SYS_setns, c->slots[operand[JOIN_NS_NS]], (long)type, 0);
  if (result >= 0 && type == CLONE_NEWUSER) {
    result = child_guard(c);
  }
  if (type == CLONE_NEWNS) {
    c->root = -1; /* was of the namespace before */
  }
  return result;
}

int child_unshare(struct child *c, const uint64_t *operand) {
  (void)c;
  return (int)raw(SYS_unshare, (long)operand[UNSHARE_FLAGS], 0, 0);
}

/* time_namespaces(7): offsets can be set until the first process enters; this one does so with its exec. */
int child_time_offsets(struct child *c, const uint64_t *operand) {
  int proc =
      raw_openat2(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
  if (proc < 0) {
    return proc;
  }
  int result = proc_write_own(proc, "self", "timens_offsets", plan_str(c->plan, operand[TIME_OFFSETS_TEXT]));
  raw_close(proc);
  return result;
}

/* No name: an anonymous keyring, which nobody can have made before. */
int child_session_keyring(struct child *c, const uint64_t *operand) {
  const char *name = plan_str(c->plan, operand[SESSION_KEYRING_NAME]);
  long keyring = raw(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, (long)(*name ? name : NULL), 0);
  if (keyring < 0) {
    return (int)keyring;
  }
  return (int)raw(SYS_keyctl, KEYCTL_SETPERM, keyring, KEYRING_POSSESSOR_ALL | KEYRING_OWNER);
}

int child_loopback_up(struct child *c, const uint64_t *operand) {
  (void)c;
  (void)operand;
  struct ifreq lo = {.ifr_name = "lo"};
  int fd = (int)raw(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  long result = fd < 0 ? fd : raw(SYS_ioctl, fd, SIOCGIFFLAGS, (long)&lo);
  if (result >= 0) {
    lo.ifr_flags |= IFF_UP;
    result = raw(SYS_ioctl, fd, SIOCSIFFLAGS, (long)&lo);
  }
  if (fd >= 0) {
    raw_close(fd);
  }
  return (int)result;
}

int child_hostname(struct child *c, const uint64_t *operand) {
  const char *name = plan_str(c->plan, operand[HOSTNAME_NAME]);
  return (int)raw(SYS_sethostname, (long)name, (long)strlen(name), 0);
}

int child_domainname(struct child *c, const uint64_t *operand) {
  const char *name = plan_str(c->plan, operand[DOMAINNAME_NAME]);
  return (int)raw(SYS_setdomainname, (long)name, (long)strlen(name), 0);
}
