/* Whose namespaces, and whose root, a step acts on: those of the container, or the host's. */
#include <linux/sched.h>
#include <stdbool.h>
#include <string.h>

#include "opcodes.h"
#include "plan_rules.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* sysctls that belong to a namespace; every other one is the host's. */
static const struct {
  const char *prefix;
  uint64_t type;
} sysctls[] = {
    {"net/", CLONE_NEWNET},       {"kernel/shm", CLONE_NEWIPC}, {"kernel/msg", CLONE_NEWIPC},
    {"kernel/sem", CLONE_NEWIPC}, {"fs/mqueue/", CLONE_NEWIPC},
};

/* The namespace whose view a file system shows for good: that of the process that makes it. */
static uint64_t bound_namespace(const char *type) {
  if (strcmp(type, "sysfs") == 0) {
    return CLONE_NEWNET;
  }
  if (strcmp(type, "mqueue") == 0) {
    return CLONE_NEWIPC;
  }
  return strcmp(type, "cgroup2") == 0 ? CLONE_NEWCGROUP : 0;
}

static bool sysctl_is_own(const char *path, uint64_t own) {
  for (size_t i = 0; i < LENGTH(sysctls); i++) {
    if (strncmp(path, sysctls[i].prefix, strlen(sysctls[i].prefix)) == 0) {
      return own & sysctls[i].type;
    }
  }
  return false;
}

const char *plan_check_namespaces(const struct plan *plan, const struct step *step,
                                  struct plan_entered *now) {
  uint64_t entered = step->code == STEP_JOIN_NS   ? step->operand[JOIN_NS_TYPE]
                     : step->code == STEP_UNSHARE ? step->operand[UNSHARE_FLAGS]
                                                  : 0;
  if (entered & now->bound) {
    return "a file system already shows the namespace before";
  }
  now->own |= entered;
  now->rooted =
      now->rooted || step->code == STEP_USE_ROOT || (step->code == STEP_JOIN_NS && entered & CLONE_NEWNS);
  switch (step->code) {
    case STEP_OPEN_DIR:
    case STEP_TERMINAL:
      return now->rooted ? NULL : "path outside the container's root";
    case STEP_MOUNT_FS:
      now->bound |= bound_namespace(plan_str(plan, step->operand[MOUNT_FS_TYPE]));
      return NULL;
    case STEP_SYSCTL:
      return sysctl_is_own(plan_str(plan, step->operand[SYSCTL_PATH]), now->own) ? NULL
                                                                                 : "sysctl of the host";
    case STEP_HOSTNAME:
    case STEP_DOMAINNAME:
      return now->own & CLONE_NEWUTS ? NULL : "name of the host";
    default:
      return NULL;
  }
}
