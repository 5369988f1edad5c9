/*
 * Presence and order of steps. Not a second copy of the sender's law table: only what would leave a container
 * silently open (or the host changed) if the sender had a bug, since anything else fails in the kernel.
 */
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "opcodes.h"
#include "plan_rules.h"
#include "raw.h"

#define CODES 128u
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

struct order {
  uint16_t before;
  uint16_t after;
  const char *reason; /* of refusing the `after` step */
};

/* Every `before` comes earlier than every `after`; no need for either to be there. */
static const struct order orders[] = {
    {STEP_JOIN_USER_NS, STEP_CLONE, "user namespace joined after the clone"},
    {STEP_CLONE, STEP_ID_MAPS, "id maps before there is a child"},
    {STEP_CLONE, STEP_TRACE, "trace before there is a child"},
    {STEP_CLONE, STEP_OOM_SCORE_ADJ, "oom_score_adj before there is a child"},
    /* Joining a user namespace gives all capabilities and default securebits: user_namespaces(7). */
    {STEP_JOIN_NS, STEP_BOUNDING, "namespace joined after capabilities were dropped"},
    {STEP_JOIN_NS, STEP_SECUREBITS, "namespace joined after securebits were set"},
    {STEP_JOIN_NS, STEP_GROUPS, "namespace joined after groups were set"},
    {STEP_MOUNT_PROC, STEP_JOIN_PID_NS, "procfs made by a process that is born into the pid namespace"},
    {STEP_JOIN_PID_NS, STEP_BIRTH, "birth before the pid namespace is joined"},
    {STEP_TERMINAL, STEP_TAKE_TERMINAL, "terminal taken before there is one"},
    {STEP_USER_NS_ROOT, STEP_BOUNDING, "root of the user namespace after capabilities were dropped"},
    {STEP_USER_NS_ROOT, STEP_GROUPS, "root of the user namespace after groups were set"},
    {STEP_JOIN_NS, STEP_USE_ROOT, "namespace joined after the root was attached"},
    {STEP_UNSHARE, STEP_USE_ROOT, "namespace made after the root was attached"},
    {STEP_UNSHARE, STEP_BOUNDING, "namespace made after capabilities were dropped"},
    {STEP_PROPAGATION, STEP_ATTACH, "propagation changed after a mount was attached"},
    /* What is attached later would lie over the mask or beside the read-only clone. */
    {STEP_ATTACH, STEP_MASK, "mask before the last mount"},
    {STEP_ATTACH, STEP_READ_ONLY, "read-only path before the last mount"},
    {STEP_USE_ROOT, STEP_PIVOT_ROOT, "pivot without a root"},
    {STEP_PIVOT_ROOT, STEP_CHDIR, "working directory outside the new root"},
    {STEP_JOIN_NS, STEP_CHDIR, "working directory outside the joined root"},
    {STEP_PIVOT_ROOT, STEP_RESOLVE, "program looked for outside the new root"},
    {STEP_JOIN_NS, STEP_RESOLVE, "program looked for outside the joined root"},
    {STEP_CHDIR, STEP_RESOLVE, "program looked for before the working directory is known"},
    {STEP_GROUPS, STEP_GID, "gid before groups"},
    {STEP_GID, STEP_UID, "uid before gid"},
    {STEP_GROUPS, STEP_UID, "uid before groups"},
    {STEP_BOUNDING, STEP_CAPSET, "capset before the bounding set"},
};

/* Steps whose paths lie beneath the root between USE_ROOT and PIVOT_ROOT. */
static const uint16_t beneath_root[] = {STEP_ATTACH, STEP_MAKE_DIR,  STEP_MAKE_NODE,      STEP_MAKE_SYMLINK,
                                        STEP_MASK,   STEP_READ_ONLY, STEP_ROOT_ATTRIBUTES};

static const uint16_t at_most_once[] = {
    STEP_JOIN_PID_NS,   STEP_JOIN_USER_NS, STEP_ID_MAPS,         STEP_TRACE,       STEP_LOG,
    STEP_STDIN,         STEP_TERMINAL_LOG, STEP_EXIT_RECORD,     STEP_CONTROL,     STEP_MEMORY_EVENTS,
    STEP_SET_SID,       STEP_TIME_OFFSETS, STEP_SESSION_KEYRING, STEP_LOOPBACK_UP, STEP_USER_NS_ROOT,
    STEP_USE_ROOT,      STEP_PIVOT_ROOT,   STEP_ROOT_ATTRIBUTES, STEP_HOSTNAME,    STEP_DOMAINNAME,
    STEP_OOM_SCORE_ADJ, STEP_UMASK,        STEP_TERMINAL,        STEP_STDIO,       STEP_BOUNDING,
    STEP_SECUREBITS,    STEP_KEEP_CAPS,    STEP_GROUPS,          STEP_GID,         STEP_UID,
    STEP_AMBIENT,       STEP_NO_NEW_PRIVS, STEP_REPORT,          STEP_RESOLVE,     STEP_BIRTH,
    STEP_TAKE_TERMINAL,
};

/* A program without one of these would keep something of the monitor's: session, umask, ids, capabilities. */
static const uint16_t program_needs[] = {STEP_SET_SID, STEP_UMASK, STEP_BOUNDING, STEP_GROUPS,
                                         STEP_GID,     STEP_UID,   STEP_CAPSET,   STEP_AMBIENT};

/* After the last CLOSE_FDS of a program: nothing that makes or uses a descriptor, but for the image. */
static const uint16_t after_close[] = {
    STEP_UMASK,     STEP_RLIMIT,       STEP_CHDIR,   STEP_BOUNDING,      STEP_SECUREBITS,
    STEP_KEEP_CAPS, STEP_GROUPS,       STEP_GID,     STEP_UID,           STEP_CAPSET,
    STEP_AMBIENT,   STEP_REPORT,       STEP_RESOLVE, STEP_SECCOMP,       STEP_EXEC,
    STEP_EXEC_FD,   STEP_NO_NEW_PRIVS, STEP_BIRTH,   STEP_TAKE_TERMINAL,
};

/* Who is born into a pid namespace is seen by all who live there: root, descriptors and identity are the
 * container's by then. */
static const uint16_t after_birth[] = {STEP_TAKE_TERMINAL, STEP_SECCOMP, STEP_CAPSET, STEP_AMBIENT,
                                       STEP_EXEC};

/* The filter is the container's: whatever comes after it would have to be allowed to the container as well.
 */
static const uint16_t after_filter[] = {STEP_SECCOMP, STEP_CAPSET,  STEP_AMBIENT,
                                        STEP_EXEC,    STEP_EXEC_FD, STEP_HOLD};

struct tally {
  const struct plan *plan;
  struct plan_fault *fault;
  uint32_t monitor; /* number of monitor steps */
  uint32_t count[CODES];
  uint32_t first[CODES];
  uint32_t last[CODES];
  const struct step *last_step[CODES];
  const struct step *final;
  uint64_t created; /* CLONE_NEW* of namespaces that this launch makes */
  uint64_t joined;  /* and of those it joins */
};

static bool among(uint16_t code, const uint16_t *codes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (codes[i] == code) {
      return true;
    }
  }
  return false;
}

static bool is_final(uint16_t code) { return code == STEP_EXEC || code == STEP_EXEC_FD || code == STEP_HOLD; }

static bool runs_program(const struct tally *t) { return t->final->code != STEP_HOLD; }

static int refuse_code(const struct tally *t, uint16_t code, const char *reason) {
  return plan_refuse(t->fault, t->count[code] ? t->last[code] : PLAN_SLOT_NONE, code, reason);
}

/* Facts that the laws are about; namespaces are counted over the whole plan, their order is a law of its own.
 */
static void take_tally(struct tally *t) {
  uint32_t steps = t->monitor + t->plan->header->child_steps;
  const struct step *step = plan_first(t->plan);
  for (uint32_t i = 0; i < steps; i++, step = plan_next(step)) {
    if (t->count[step->code]++ == 0) {
      t->first[step->code] = i;
    }
    t->last[step->code] = i;
    t->last_step[step->code] = step;
    t->final = step;
    if (step->code == STEP_CLONE) {
      t->created |= step->operand[CLONE_FLAGS];
    } else if (step->code == STEP_UNSHARE) {
      t->created |= step->operand[UNSHARE_FLAGS];
    } else if (step->code == STEP_JOIN_NS) {
      t->joined |= step->operand[JOIN_NS_TYPE];
    }
  }
}

static int check_monitor(const struct tally *t) {
  if (t->count[STEP_CLONE] != 1) {
    return refuse_code(t, STEP_CLONE, "not exactly one clone");
  }
  bool user = t->last_step[STEP_CLONE]->operand[CLONE_FLAGS] & CLONE_NEWUSER;
  bool pid = t->last_step[STEP_CLONE]->operand[CLONE_FLAGS] & CLONE_NEWPID;
  if (user != (t->count[STEP_ID_MAPS] == 1)) {
    return refuse_code(t, STEP_ID_MAPS, "id maps and a new user namespace go together");
  }
  if ((user && t->count[STEP_JOIN_USER_NS]) || (pid && t->count[STEP_JOIN_PID_NS])) {
    return refuse_code(t, STEP_CLONE, "namespace both joined and made");
  }
  if (t->count[STEP_TRACE] && !runs_program(t)) {
    return refuse_code(t, STEP_TRACE, "trace of a child that runs no program");
  }
  return 0;
}

static int check_ends(const struct tally *t) {
  uint32_t finals = t->count[STEP_EXEC] + t->count[STEP_EXEC_FD] + t->count[STEP_HOLD];
  if (finals != 1 || !is_final(t->final->code)) {
    return plan_refuse(t->fault, t->monitor + t->plan->header->child_steps - 1u, t->final->code,
                       "not exactly one last step at the end");
  }
  if (t->count[STEP_CLOSE_FDS] == 0 || t->first[STEP_CLOSE_FDS] != t->monitor) {
    return plan_refuse(t->fault, t->monitor, STEP_CLOSE_FDS, "first child step does not close descriptors");
  }
  return 0;
}

static int check_counts(const struct tally *t) {
  for (size_t i = 0; i < LENGTH(at_most_once); i++) {
    if (t->count[at_most_once[i]] > 1) {
      return refuse_code(t, at_most_once[i], "step is there twice");
    }
  }
  if (t->count[STEP_SECCOMP] > 8 || t->count[STEP_CAPSET] > 2 || t->count[STEP_CHDIR] > 2) {
    return plan_refuse(t->fault, PLAN_SLOT_NONE, 0,
                       "more than 8 filters, 2 capsets or 2 working directories");
  }
  return 0;
}

static int check_orders(const struct tally *t) {
  for (size_t i = 0; i < LENGTH(orders); i++) {
    const struct order *o = &orders[i];
    if (t->count[o->before] && t->count[o->after] && t->last[o->before] > t->first[o->after]) {
      return plan_refuse(t->fault, t->first[o->after], o->after, o->reason);
    }
  }
  return 0;
}

/* pivot_root(2) and mounts act on the mount namespace at hand: it is made for this child, and cut off from
 * the host's. */
static int check_root(const struct tally *t) {
  bool root = t->count[STEP_USE_ROOT];
  bool entered = t->joined & CLONE_NEWNS;
  if (root && (!(t->created & CLONE_NEWNS) || entered)) {
    return refuse_code(t, STEP_USE_ROOT, "root attached in a mount namespace that is not new");
  }
  if (root != (t->count[STEP_PIVOT_ROOT] == 1)) {
    return refuse_code(t, STEP_PIVOT_ROOT, "a root is attached and pivoted to, or neither");
  }
  if (t->count[STEP_PROPAGATION] && !(t->created & CLONE_NEWNS)) {
    return refuse_code(t, STEP_PROPAGATION, "propagation changed in a mount namespace that is not new");
  }
  if (root && (!t->count[STEP_PROPAGATION] || t->first[STEP_PROPAGATION] > t->first[STEP_USE_ROOT])) {
    return refuse_code(t, STEP_USE_ROOT, "mounts would propagate to the host");
  }
  for (size_t i = 0; i < LENGTH(beneath_root); i++) {
    uint16_t code = beneath_root[i];
    if (t->count[code] &&
        (!root || t->first[code] < t->first[STEP_USE_ROOT] || t->last[code] > t->last[STEP_PIVOT_ROOT])) {
      return refuse_code(t, code, "step is not between attaching the root and pivoting to it");
    }
  }
  if (runs_program(t) && !root && !entered) {
    return plan_refuse(t->fault, PLAN_SLOT_NONE, 0, "program would run in the host's root");
  }
  return 0;
}

/* Nobody but the program is born where others live, and with as little as can be. */
static int check_birth(const struct tally *t) {
  uint32_t birth = t->first[STEP_BIRTH];
  if (t->count[STEP_BIRTH] != t->count[STEP_JOIN_PID_NS]) {
    return refuse_code(t, STEP_BIRTH, "a pid namespace is joined and born into, or neither");
  }
  if (t->count[STEP_BIRTH] == 0) {
    return 0;
  }
  bool filter_needs =
      t->count[STEP_SECCOMP] && t->first[STEP_SECCOMP] > birth && !t->count[STEP_NO_NEW_PRIVS];
  if (t->first[STEP_CAPSET] > birth || (t->last[STEP_CAPSET] > birth && !filter_needs)) {
    return refuse_code(t, STEP_CAPSET, "birth before capabilities were dropped");
  }
  return 0;
}

static int check_program(const struct tally *t) {
  for (size_t i = 0; i < LENGTH(program_needs); i++) {
    if (t->count[program_needs[i]] == 0) {
      return refuse_code(t, program_needs[i], "a program needs this step");
    }
  }
  if (t->final->code == STEP_EXEC) {
    if (t->count[STEP_RESOLVE] == 0 || t->count[STEP_CHDIR] == 0) {
      return refuse_code(t, STEP_EXEC, "program is not resolved, or has no working directory");
    }
    if (t->count[STEP_STDIO] + t->count[STEP_TERMINAL] != 1 ||
        t->count[STEP_TERMINAL] != t->count[STEP_TAKE_TERMINAL]) {
      return refuse_code(t, STEP_EXEC, "not exactly one of standard streams and terminal");
    }
  }
  const struct step *capset = t->last_step[STEP_CAPSET];
  if (t->last[STEP_CAPSET] < t->last[STEP_UID]) {
    return refuse_code(t, STEP_CAPSET, "no capset after the uid");
  }
  /* An inheritable capability that is not ambient only serves to let file capabilities raise privileges. */
  if (capset->operand[CAPSET_INHERITABLE] & ~t->last_step[STEP_AMBIENT]->operand[AMBIENT_RAISE]) {
    return refuse_code(t, STEP_CAPSET, "inheritable capabilities that are not ambient");
  }
  return 0;
}

static const char *check_place(const struct tally *t, const struct step *step, uint32_t index) {
  if (runs_program(t) && index > t->last[STEP_CLOSE_FDS] &&
      !among(step->code, after_close, LENGTH(after_close))) {
    return "step after the last descriptors were closed";
  }
  if (t->count[STEP_SECCOMP] && index > t->first[STEP_SECCOMP] &&
      !among(step->code, after_filter, LENGTH(after_filter))) {
    return "step after the filter";
  }
  if (t->count[STEP_BIRTH] && index > t->first[STEP_BIRTH] &&
      !among(step->code, after_birth, LENGTH(after_birth))) {
    return "step after the birth";
  }
  if (step->code == STEP_MOUNT_FS && t->count[STEP_JOIN_PID_NS] &&
      strcmp(plan_str(t->plan, step->operand[MOUNT_FS_TYPE]), "proc") == 0) {
    return "procfs of the host's processes";
  }
  if (step->code == STEP_PROPAGATION && index == t->first[STEP_PROPAGATION] &&
      step->operand[PROPAGATION_FLAGS] != (MS_REC | MS_PRIVATE) &&
      step->operand[PROPAGATION_FLAGS] != (MS_REC | MS_SLAVE)) {
    return "mounts would propagate to the host";
  }
  if (step->code == STEP_CHDIR && index == t->last[STEP_CHDIR] && !step->operand[CHDIR_FINAL]) {
    return "last working directory may fail silently";
  }
  return NULL;
}

static int check_sequence(const struct tally *t) {
  struct plan_entered now = {.own = t->last_step[STEP_CLONE]->operand[CLONE_FLAGS]};
  bool listener = false;
  uint32_t steps = t->monitor + t->plan->header->child_steps;
  const struct step *step = plan_first(t->plan);
  for (uint32_t i = 0; i < steps; i++, step = plan_next(step)) {
    const char *reason = i < t->monitor ? NULL : check_place(t, step, i);
    if (!reason) {
      reason = plan_check_namespaces(t->plan, step, &now);
    }
    if (!reason && step->code == STEP_SECCOMP &&
        step->operand[SECCOMP_FLAGS] & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
      reason = listener ? "second listener" : NULL;
      listener = true;
    }
    if (reason) {
      return plan_refuse(t->fault, i, step->code, reason);
    }
  }
  return 0;
}

int plan_check_laws(const struct plan *plan, struct plan_fault *fault) {
  struct tally t = {.plan = plan, .fault = fault, .monitor = plan->header->monitor_steps};
  if (plan->header->child_steps == 0) {
    return plan_refuse(fault, PLAN_SLOT_NONE, 0, "no child steps");
  }
  take_tally(&t);
  if (check_ends(&t) || check_monitor(&t) || check_counts(&t) || check_orders(&t) || check_root(&t)) {
    return -1;
  }
  if (runs_program(&t) && (check_program(&t) || check_birth(&t))) {
    return -1;
  }
  return check_sequence(&t);
}
