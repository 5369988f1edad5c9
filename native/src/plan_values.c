/* What each operand may say, looked at by itself. The kernel would refuse most of it too, but later and
 * half-way. */
#include <errno.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "opcodes.h"
#include "plan_rules.h"
#include "raw.h"

#define CLONE_FLAGS_CHILD \
  (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)
/* A pid namespace is for children only, a user namespace made here could not be given its maps. */
#define CLONE_FLAGS_UNSHARE ((CLONE_FLAGS_CHILD & ~(CLONE_NEWPID | CLONE_NEWUSER)) | CLONE_NEWTIME)
#define CLONE_FLAGS_JOIN ((CLONE_FLAGS_CHILD & ~CLONE_NEWPID) | CLONE_NEWTIME)
#define MOUNT_ATTRIBUTES                                                                              \
  (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | \
   MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)
#define PROPAGATION_TYPES (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE)
#define FILTER_FLAGS                                                                      \
  (SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | \
   SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
#define FILTER_BYTES_MAX (4096u * 8u) /* BPF_MAXINSNS of 8 bytes */
#define ID_MAX 0xfffffffeull /* (uid_t)-1 means "leave as it is" to setresuid(2): root would stay root */
#define RLIMITS 16u
#define HOST_NAME_LENGTH_MAX 64u
#define SECUREBITS_MAX 0xfffu

/* How an operand is looked at; limit is the set or the bound. */
enum rule_kind {
  WITHIN,      /* no bit outside the set */
  SOME_OF,     /* the same, and at least one */
  ONE_OF,      /* exactly one of the set */
  AT_MOST,     /* a number up to the bound */
  TEXT,        /* 1 byte up to the bound */
  ITEMS,       /* at least one string */
  ABSOLUTE,    /* begins with '/' */
  CLEAN_PATH,  /* relative, and neither empty, "." nor ".." anywhere: the same however it is walked */
  CLEAN_NAME,  /* a clean path of one part */
  PROPAGATION, /* one type, perhaps with MS_REC */
};

#define PATH_REASON "path is absolute, empty or has an empty, \".\" or \"..\" component"
#define OWNER_REASON "mode or owner out of bounds"
#define TEXT_MAX UINT32_MAX

static const struct value_rule {
  uint16_t code;
  uint8_t operand;
  uint8_t kind;
  uint64_t limit;
  const char *reason;
} rules[] = {
    {STEP_CLONE, CLONE_FLAGS, WITHIN, CLONE_FLAGS_CHILD, "clone flags other than new namespaces"},
    {STEP_ID_MAPS, ID_MAPS_UID, TEXT, TEXT_MAX, "empty id map"},
    {STEP_ID_MAPS, ID_MAPS_GID, TEXT, TEXT_MAX, "empty id map"},
    {STEP_ID_MAPS, ID_MAPS_SETGROUPS, AT_MOST, 1, "setgroups is neither 0 nor 1"},
    {STEP_EXIT_RECORD, EXIT_RECORD_NAME, CLEAN_NAME, 0, "not a file name"},
    {STEP_JOIN_NS, JOIN_NS_TYPE, ONE_OF, CLONE_FLAGS_JOIN, "not one namespace type that can be joined here"},
    {STEP_UNSHARE, UNSHARE_FLAGS, SOME_OF, CLONE_FLAGS_UNSHARE, "not namespaces that can be unshared here"},
    {STEP_PROPAGATION, PROPAGATION_FLAGS, PROPAGATION, 0, "not one propagation type"},
    {STEP_MOUNT_FS, MOUNT_FS_TYPE, TEXT, TEXT_MAX, "empty file system type"},
    {STEP_MOUNT_FS, MOUNT_FS_ATTRIBUTES, WITHIN, MOUNT_ATTRIBUTES, "unknown mount attributes"},
    {STEP_MOUNT_PROC, MOUNT_PROC_ATTRIBUTES, WITHIN, MOUNT_ATTRIBUTES, "unknown mount attributes"},
    {STEP_USE_ROOT, USE_ROOT_AT, ABSOLUTE, 0, "root directory is not absolute"},
    {STEP_ATTACH, ATTACH_CREATE, AT_MOST, 2, "create is neither 0, 1 nor 2"},
    {STEP_ATTACH, ATTACH_TARGET, CLEAN_PATH, 0, PATH_REASON},
    {STEP_MAKE_DIR, MAKE_DIR_MODE, AT_MOST, 01777, OWNER_REASON},
    {STEP_MAKE_DIR, MAKE_DIR_UID, AT_MOST, ID_MAX, OWNER_REASON},
    {STEP_MAKE_DIR, MAKE_DIR_GID, AT_MOST, ID_MAX, OWNER_REASON},
    {STEP_MAKE_DIR, MAKE_DIR_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_MAKE_NODE, MAKE_NODE_MODE, AT_MOST, S_IFMT | 07777, OWNER_REASON},
    {STEP_MAKE_NODE, MAKE_NODE_UID, AT_MOST, ID_MAX, OWNER_REASON},
    {STEP_MAKE_NODE, MAKE_NODE_GID, AT_MOST, ID_MAX, OWNER_REASON},
    {STEP_MAKE_NODE, MAKE_NODE_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_MAKE_SYMLINK, MAKE_SYMLINK_TARGET, TEXT, TEXT_MAX, "empty link target"},
    {STEP_MAKE_SYMLINK, MAKE_SYMLINK_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_MASK, MASK_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_READ_ONLY, READ_ONLY_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_OPEN_DIR, OPEN_DIR_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_HOSTNAME, HOSTNAME_NAME, TEXT, HOST_NAME_LENGTH_MAX, "name is empty or longer than 64 bytes"},
    {STEP_DOMAINNAME, DOMAINNAME_NAME, TEXT, HOST_NAME_LENGTH_MAX, "name is empty or longer than 64 bytes"},
    {STEP_SYSCTL, SYSCTL_PATH, CLEAN_PATH, 0, PATH_REASON},
    {STEP_SYSCTL, SYSCTL_VALUE, TEXT, TEXT_MAX, "empty sysctl value"},
    {STEP_RLIMIT, RLIMIT_RESOURCE, AT_MOST, RLIMITS - 1, "unknown resource"},
    {STEP_UMASK, UMASK_MASK, AT_MOST, 0777, "umask out of bounds"},
    {STEP_TERMINAL, TERMINAL_ROWS, AT_MOST, UINT16_MAX, "terminal size out of bounds"},
    {STEP_TERMINAL, TERMINAL_COLUMNS, AT_MOST, UINT16_MAX, "terminal size out of bounds"},
    {STEP_TERMINAL, TERMINAL_OWNER, AT_MOST, ID_MAX, OWNER_REASON},
    {STEP_CHDIR, CHDIR_PATH, ABSOLUTE, 0, "working directory is not absolute"},
    {STEP_CHDIR, CHDIR_FINAL, AT_MOST, 1, "final is neither 0 nor 1"},
    {STEP_SECUREBITS, SECUREBITS_BITS, AT_MOST, SECUREBITS_MAX, "unknown securebits"},
    {STEP_GID, GID_GID, AT_MOST, ID_MAX, "id out of bounds"},
    {STEP_UID, UID_UID, AT_MOST, ID_MAX, "id out of bounds"},
    {STEP_RESOLVE, RESOLVE_NAME, TEXT, TEXT_MAX, "empty program name"},
    {STEP_SECCOMP, SECCOMP_PROGRAM, TEXT, FILTER_BYTES_MAX, "not a program of 1 to 4096 instructions"},
    {STEP_SECCOMP, SECCOMP_FLAGS, WITHIN, FILTER_FLAGS, "unknown seccomp flags"},
    {STEP_EXEC, EXEC_ARGS, ITEMS, 0, "no argument"},
    {STEP_EXEC_FD, EXEC_FD_ARGS, ITEMS, 0, "no argument"},
};

/* What a step may be tolerated to fail with: constraints a node's configuration can give up, and nothing
 * else. */
static const struct tolerance {
  uint16_t code;
  uint16_t error;
} tolerances[] = {
    {STEP_OOM_SCORE_ADJ, EACCES},   {STEP_OOM_SCORE_ADJ, EPERM},    {STEP_RLIMIT, EPERM},
    {STEP_SESSION_KEYRING, ENOSYS}, {STEP_SESSION_KEYRING, EDQUOT},
};

static bool is_one_of(uint64_t value, uint64_t set) {
  return value && (value & (value - 1)) == 0 && (value & ~set) == 0;
}

static bool is_propagation(uint64_t flags) { return is_one_of(flags & ~(uint64_t)MS_REC, PROPAGATION_TYPES); }

static bool is_clean(const char *at) {
  do {
    size_t part = strcspn(at, "/");
    if (part == 0 || (part <= 2 && strspn(at, ".") >= part)) {
      return false;
    }
    at += part;
  } while (*at++ == '/');
  return true;
}

static bool holds(const struct value_rule *rule, const struct plan *plan, uint64_t value) {
  switch ((enum rule_kind)rule->kind) {
    case WITHIN:
      return (value & ~rule->limit) == 0;
    case SOME_OF:
      return value && (value & ~rule->limit) == 0;
    case ONE_OF:
      return is_one_of(value, rule->limit);
    case AT_MOST:
      return value <= rule->limit;
    case TEXT:
      return (uint32_t)value && (uint32_t)value <= rule->limit;
    case ITEMS:
      return plan_strs_count(value) > 0;
    case ABSOLUTE:
      return plan_str(plan, value)[0] == '/';
    case CLEAN_PATH:
      return is_clean(plan_str(plan, value));
    case CLEAN_NAME:
      return is_clean(plan_str(plan, value)) && !strchr(plan_str(plan, value), '/');
    case PROPAGATION:
      return is_propagation(value);
  }
  return false;
}

static bool is_group_list(const struct plan *plan, uint64_t operand) {
  uint32_t bytes;
  const uint32_t *gid = plan_blob(plan, operand, &bytes);
  bool list = bytes % sizeof *gid == 0 && bytes / sizeof *gid <= NGROUPS_MAX;
  for (uint32_t i = 0; list && i < bytes / sizeof *gid; i++) {
    list = gid[i] <= ID_MAX;
  }
  return list;
}

static bool is_lsm_attribute(const char *name) {
  static const char *const names[] = {"exec", "keycreate", "sockcreate", "fscreate", "apparmor/exec"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* What is not about one operand by one of the kinds. */
static const char *check_step(const struct plan *plan, const struct step *step) {
  const uint64_t *operand = step->operand;
  uint64_t type;
  switch (step->code) {
    case STEP_ATTACH:
      type = operand[ATTACH_PROPAGATION];
      return type == 0 || is_propagation(type) ? NULL : "not one propagation type";
    case STEP_MAKE_NODE:
      type = operand[MAKE_NODE_MODE] & S_IFMT;
      return type == S_IFCHR || type == S_IFBLK || (type == S_IFIFO && operand[MAKE_NODE_DEVICE] == 0)
                 ? NULL
                 : "neither a device nor a FIFO";
    case STEP_ROOT_ATTRIBUTES:
      type = operand[ROOT_ATTRIBUTES_SET] & operand[ROOT_ATTRIBUTES_CLEAR];
      return ((operand[ROOT_ATTRIBUTES_SET] | operand[ROOT_ATTRIBUTES_CLEAR]) &
              ~(uint64_t)MOUNT_ATTRIBUTES) ||
                     (type & ~(uint64_t)MOUNT_ATTR__ATIME)
                 ? "unknown mount attributes, or one both set and cleared"
                 : NULL;
    case STEP_RLIMIT:
      return operand[RLIMIT_SOFT] <= operand[RLIMIT_HARD] ? NULL : "soft limit above the hard one";
    case STEP_OOM_SCORE_ADJ:
      return operand[OOM_SCORE_ADJ_VALUE] + 1000 <= 2000 ? NULL : "oom_score_adj out of bounds";
    case STEP_TERMINAL:
      return (uint32_t)operand[TERMINAL_CONSOLE] == 0 || is_clean(plan_str(plan, operand[TERMINAL_CONSOLE]))
                 ? NULL
                 : PATH_REASON;
    case STEP_LSM_ATTRIBUTE:
      return is_lsm_attribute(plan_str(plan, operand[LSM_ATTRIBUTE_NAME])) ? NULL
                                                                           : "not an attribute a launch sets";
    case STEP_GROUPS:
      return is_group_list(plan, operand[GROUPS_GIDS]) ? NULL : "not a list of at most 65536 groups";
    case STEP_CAPSET:
      return operand[CAPSET_EFFECTIVE] & ~operand[CAPSET_PERMITTED] ? "effective beyond permitted" : NULL;
    case STEP_SECCOMP:
      return (uint32_t)operand[SECCOMP_PROGRAM] % 8 ? "not a program of 1 to 4096 instructions" : NULL;
    default:
      return NULL;
  }
}

static const char *check_operands(const struct plan *plan, const struct step *step) {
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (rules[i].code == step->code && !holds(&rules[i], plan, step->operand[rules[i].operand])) {
      return rules[i].reason;
    }
  }
  return check_step(plan, step);
}

static bool may_tolerate(const struct step *step) {
  for (size_t i = 0; i < sizeof tolerances / sizeof tolerances[0]; i++) {
    if (tolerances[i].code == step->code && tolerances[i].error == step->tolerate) {
      return true;
    }
  }
  return step->tolerate == 0;
}

int plan_check_values(const struct plan *plan, struct plan_fault *fault) {
  uint32_t count = plan->header->monitor_steps + (uint32_t)plan->header->child_steps;
  const struct step *step = plan_first(plan);
  for (uint32_t i = 0; i < count; i++, step = plan_next(step)) {
    if (!may_tolerate(step)) {
      return plan_refuse(fault, i, step->code, "this step must not fail with this error and go on");
    }
    const char *reason = check_operands(plan, step);
    if (reason) {
      return plan_refuse(fault, i, step->code, reason);
    }
  }
  return 0;
}
