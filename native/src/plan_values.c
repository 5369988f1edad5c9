/* What each operand may say, looked at by itself. The kernel would refuse most of it too, but later and
 * half-way. */
#include <errno.h>
#include <linux/capability.h>
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

typedef const char *(*value_rule)(const struct plan *plan, const uint64_t *operand);

/* What a step may be tolerated to fail with: constraints a node's configuration can give up, and nothing
 * else. */
static const struct tolerance {
  uint16_t code;
  uint16_t error;
} tolerances[] = {
    {STEP_OOM_SCORE_ADJ, EACCES},   {STEP_OOM_SCORE_ADJ, EPERM},    {STEP_RLIMIT, EPERM},
    {STEP_SESSION_KEYRING, ENOSYS}, {STEP_SESSION_KEYRING, EDQUOT},
};

static bool one_of(uint64_t value, uint64_t set) {
  return value && (value & (value - 1)) == 0 && (value & ~set) == 0;
}

static bool within(uint64_t value, uint64_t set) { return (value & ~set) == 0; }

static uint32_t length(uint64_t operand) { return (uint32_t)operand; }

/* Relative, and neither empty, "." nor ".." anywhere: what it names does not depend on how it is walked. */
static const char *clean_path(const struct plan *plan, uint64_t operand) {
  const char *at = plan_str(plan, operand);
  do {
    size_t part = strcspn(at, "/");
    if (part == 0 || (part <= 2 && strspn(at, ".") >= part)) {
      return "path is absolute, empty or has an empty, \".\" or \"..\" component";
    }
    at += part;
  } while (*at++ == '/');
  return NULL;
}

static const char *propagation(uint64_t flags) {
  return one_of(flags & ~(uint64_t)MS_REC, PROPAGATION_TYPES) ? NULL : "not one propagation type";
}

static const char *clone_flags(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return within(operand[CLONE_FLAGS], CLONE_FLAGS_CHILD) ? NULL : "clone flags other than new namespaces";
}

static const char *id_maps(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  if (length(operand[ID_MAPS_UID]) == 0 || length(operand[ID_MAPS_GID]) == 0) {
    return "empty id map";
  }
  return operand[ID_MAPS_SETGROUPS] <= 1 ? NULL : "setgroups is neither 0 nor 1";
}

static const char *exit_record(const struct plan *plan, const uint64_t *operand) {
  const char *reason = clean_path(plan, operand[EXIT_RECORD_NAME]);
  return reason || strchr(plan_str(plan, operand[EXIT_RECORD_NAME]), '/') ? "not a file name" : NULL;
}

static const char *join_ns(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return one_of(operand[JOIN_NS_TYPE], CLONE_FLAGS_JOIN) ? NULL
                                                         : "not one namespace type that can be joined here";
}

static const char *unshare_flags(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return operand[UNSHARE_FLAGS] && within(operand[UNSHARE_FLAGS], CLONE_FLAGS_UNSHARE)
             ? NULL
             : "not namespaces that can be unshared here";
}

static const char *propagation_flags(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return propagation(operand[PROPAGATION_FLAGS]);
}

static const char *mount_fs(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  if (length(operand[MOUNT_FS_TYPE]) == 0) {
    return "empty file system type";
  }
  return within(operand[MOUNT_FS_ATTRIBUTES], MOUNT_ATTRIBUTES) ? NULL : "unknown mount attributes";
}

static const char *use_root(const struct plan *plan, const uint64_t *operand) {
  return plan_str(plan, operand[USE_ROOT_AT])[0] == '/' ? NULL : "root directory is not absolute";
}

static const char *attach(const struct plan *plan, const uint64_t *operand) {
  if (operand[ATTACH_CREATE] > 2) {
    return "create is neither 0, 1 nor 2";
  }
  if (operand[ATTACH_PROPAGATION] && propagation(operand[ATTACH_PROPAGATION])) {
    return "not one propagation type";
  }
  return clean_path(plan, operand[ATTACH_TARGET]);
}

static const char *make_dir(const struct plan *plan, const uint64_t *operand) {
  if (operand[MAKE_DIR_MODE] > 01777 || operand[MAKE_DIR_UID] > ID_MAX || operand[MAKE_DIR_GID] > ID_MAX) {
    return "mode or owner out of bounds";
  }
  return clean_path(plan, operand[MAKE_DIR_PATH]);
}

static const char *make_node(const struct plan *plan, const uint64_t *operand) {
  uint64_t type = operand[MAKE_NODE_MODE] & S_IFMT;
  if (operand[MAKE_NODE_MODE] > (S_IFMT | 07777) || operand[MAKE_NODE_UID] > ID_MAX ||
      operand[MAKE_NODE_GID] > ID_MAX) {
    return "mode or owner out of bounds";
  }
  if (type != S_IFCHR && type != S_IFBLK && !(type == S_IFIFO && operand[MAKE_NODE_DEVICE] == 0)) {
    return "neither a device nor a FIFO";
  }
  return clean_path(plan, operand[MAKE_NODE_PATH]);
}

static const char *make_symlink(const struct plan *plan, const uint64_t *operand) {
  return length(operand[MAKE_SYMLINK_TARGET]) ? clean_path(plan, operand[MAKE_SYMLINK_PATH])
                                              : "empty link target";
}

static const char *mask(const struct plan *plan, const uint64_t *operand) {
  return clean_path(plan, operand[MASK_PATH]);
}

static const char *read_only(const struct plan *plan, const uint64_t *operand) {
  return clean_path(plan, operand[READ_ONLY_PATH]);
}

static const char *root_attributes(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  uint64_t set = operand[ROOT_ATTRIBUTES_SET];
  uint64_t clear = operand[ROOT_ATTRIBUTES_CLEAR];
  if (!within(set | clear, MOUNT_ATTRIBUTES) || (set & clear & ~(uint64_t)MOUNT_ATTR__ATIME)) {
    return "unknown mount attributes, or one both set and cleared";
  }
  return NULL;
}

static const char *open_dir(const struct plan *plan, const uint64_t *operand) {
  return clean_path(plan, operand[OPEN_DIR_PATH]);
}

static const char *host_name(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  uint32_t name = length(operand[HOSTNAME_NAME]); /* DOMAINNAME has the same operand */
  return name && name <= HOST_NAME_LENGTH_MAX ? NULL : "name is empty or longer than 64 bytes";
}

static const char *sysctl(const struct plan *plan, const uint64_t *operand) {
  return length(operand[SYSCTL_VALUE]) ? clean_path(plan, operand[SYSCTL_PATH]) : "empty sysctl value";
}

static const char *rlimit(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return operand[RLIMIT_RESOURCE] < RLIMITS && operand[RLIMIT_SOFT] <= operand[RLIMIT_HARD]
             ? NULL
             : "unknown resource, or soft limit above the hard one";
}

static const char *oom_score_adj(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  int64_t value = (int64_t)operand[OOM_SCORE_ADJ_VALUE];
  return value >= -1000 && value <= 1000 ? NULL : "oom_score_adj out of bounds";
}

static const char *umask_bits(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return operand[UMASK_MASK] <= 0777 ? NULL : "umask out of bounds";
}

static const char *terminal(const struct plan *plan, const uint64_t *operand) {
  if (operand[TERMINAL_ROWS] > UINT16_MAX || operand[TERMINAL_COLUMNS] > UINT16_MAX ||
      operand[TERMINAL_OWNER] > ID_MAX) {
    return "terminal size or owner out of bounds";
  }
  return length(operand[TERMINAL_CONSOLE]) ? clean_path(plan, operand[TERMINAL_CONSOLE]) : NULL;
}

static const char *lsm_attribute(const struct plan *plan, const uint64_t *operand) {
  static const char *const names[] = {"exec", "keycreate", "sockcreate", "fscreate", "apparmor/exec"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(plan_str(plan, operand[LSM_ATTRIBUTE_NAME]), names[i]) == 0) {
      return NULL;
    }
  }
  return "not an attribute a launch sets";
}

static const char *chdir_path(const struct plan *plan, const uint64_t *operand) {
  if (operand[CHDIR_FINAL] > 1) {
    return "final is neither 0 nor 1";
  }
  return plan_str(plan, operand[CHDIR_PATH])[0] == '/' ? NULL : "working directory is not absolute";
}

static const char *securebits(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return operand[SECUREBITS_BITS] <= SECUREBITS_MAX ? NULL : "unknown securebits";
}

static const char *groups(const struct plan *plan, const uint64_t *operand) {
  uint32_t bytes;
  const uint32_t *gid = plan_blob(plan, operand[GROUPS_GIDS], &bytes);
  if (bytes % sizeof *gid || bytes / sizeof *gid > NGROUPS_MAX) {
    return "not a list of at most 65536 groups";
  }
  for (uint32_t i = 0; i < bytes / sizeof *gid; i++) {
    if (gid[i] > ID_MAX) {
      return "group out of bounds";
    }
  }
  return NULL;
}

static const char *id(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return operand[UID_UID] <= ID_MAX ? NULL : "id out of bounds"; /* GID has the same operand */
}

static const char *capset(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return within(operand[CAPSET_EFFECTIVE], operand[CAPSET_PERMITTED]) ? NULL : "effective beyond permitted";
}

static const char *resolve(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return length(operand[RESOLVE_NAME]) ? NULL : "empty program name";
}

static const char *seccomp_filter(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  uint32_t bytes = length(operand[SECCOMP_PROGRAM]);
  if (bytes == 0 || bytes % 8 || bytes > FILTER_BYTES_MAX) {
    return "not a program of 1 to 4096 instructions";
  }
  return within(operand[SECCOMP_FLAGS], FILTER_FLAGS) ? NULL : "unknown seccomp flags";
}

static const char *exec_args(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return plan_strs_count(operand[EXEC_ARGS]) ? NULL : "no argument";
}

static const char *exec_fd_args(const struct plan *plan, const uint64_t *operand) {
  (void)plan;
  return plan_strs_count(operand[EXEC_FD_ARGS]) ? NULL : "no argument";
}

static const value_rule rules[] = {
    [STEP_CLONE] = clone_flags,
    [STEP_ID_MAPS] = id_maps,
    [STEP_EXIT_RECORD] = exit_record,
    [STEP_JOIN_NS] = join_ns,
    [STEP_UNSHARE] = unshare_flags,
    [STEP_PROPAGATION] = propagation_flags,
    [STEP_MOUNT_FS] = mount_fs,
    [STEP_USE_ROOT] = use_root,
    [STEP_ATTACH] = attach,
    [STEP_MAKE_DIR] = make_dir,
    [STEP_MAKE_NODE] = make_node,
    [STEP_MAKE_SYMLINK] = make_symlink,
    [STEP_MASK] = mask,
    [STEP_READ_ONLY] = read_only,
    [STEP_ROOT_ATTRIBUTES] = root_attributes,
    [STEP_OPEN_DIR] = open_dir,
    [STEP_HOSTNAME] = host_name,
    [STEP_DOMAINNAME] = host_name,
    [STEP_SYSCTL] = sysctl,
    [STEP_RLIMIT] = rlimit,
    [STEP_OOM_SCORE_ADJ] = oom_score_adj,
    [STEP_UMASK] = umask_bits,
    [STEP_TERMINAL] = terminal,
    [STEP_LSM_ATTRIBUTE] = lsm_attribute,
    [STEP_CHDIR] = chdir_path,
    [STEP_SECUREBITS] = securebits,
    [STEP_GROUPS] = groups,
    [STEP_GID] = id,
    [STEP_UID] = id,
    [STEP_CAPSET] = capset,
    [STEP_RESOLVE] = resolve,
    [STEP_SECCOMP] = seccomp_filter,
    [STEP_EXEC] = exec_args,
    [STEP_EXEC_FD] = exec_fd_args,
};

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
    value_rule rule = step->code < sizeof rules / sizeof rules[0] ? rules[step->code] : NULL;
    const char *reason = rule ? rule(plan, step->operand) : NULL;
    if (reason) {
      return plan_refuse(fault, i, step->code, reason);
    }
  }
  return 0;
}
