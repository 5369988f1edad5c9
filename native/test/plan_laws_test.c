/* What plan_verify() refuses although layout and values are sound: presence and order of steps. One case
 * each. */
#include <linux/seccomp.h>

#include "verdict.h"

static void monitor_laws(void) {
  without(STEP_CLONE, "CLONE: not exactly one clone");
  twice(STEP_CLONE, "CLONE: not exactly one clone");
  twice(STEP_TRACE, "TRACE: step is there twice");
  before(STEP_TRACE, STEP_CLONE, "TRACE: trace before there is a child");
  with(STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS | CLONE_NEWUSER,
       "ID_MAPS: id maps and a new user namespace go together");
  sample(&d);
  add_at(&d, 1, STEP_ID_MAPS, "0 1000 1\n", "0 1000 1\n", NUMBER(1));
  CHECK_TEXT(verdict(), "ID_MAPS: id maps and a new user namespace go together");
  set(&d, STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS | CLONE_NEWUSER);
  CHECK_TEXT(verdict(), "accepted");
  set(&d, STEP_ID_MAPS, ID_MAPS_SETGROUPS, 2);
  CHECK_TEXT(verdict(), "ID_MAPS: setgroups is neither 0 nor 1");
  set(&d, STEP_ID_MAPS, ID_MAPS_SETGROUPS, 1);
  set(&d, STEP_ID_MAPS, ID_MAPS_UID, 0);
  CHECK(strcmp(verdict(), "accepted") != 0);
  set(&d, STEP_ID_MAPS, ID_MAPS_UID, draft_str(&d, ""));
  CHECK_TEXT(verdict(), "ID_MAPS: empty id map");
  set(&d, STEP_ID_MAPS, ID_MAPS_UID, draft_str(&d, "0 1 1"));
  move_before(&d, STEP_ID_MAPS, STEP_CLONE);
  CHECK_TEXT(verdict(), "ID_MAPS: id maps before there is a child");
  sample(&d);
  add_at(&d, 0, STEP_JOIN_USER_NS, NUMBER(SLOT_ROOT));
  CHECK_TEXT(verdict(), "accepted");
  move_behind(&d, STEP_JOIN_USER_NS, STEP_CLONE);
  CHECK_TEXT(verdict(), "CLONE: user namespace joined after the clone");
  sample(&d);
  move_before(&d, STEP_OOM_SCORE_ADJ, STEP_CLONE);
  CHECK_TEXT(verdict(), "OOM_SCORE_ADJ: oom_score_adj before there is a child");
}

/* The sample, in the PID namespace of others. */
static void sample_among_others(void) {
  sample(&d);
  set(&d, STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS & ~CLONE_NEWPID);
  unsigned proc = find(&d, STEP_MOUNT_FS);
  draft_remove(&d, proc);
  add_at(&d, proc, STEP_MOUNT_PROC, NUMBER(SLOT_NULL), sample_none, NUMBER(0), NUMBER(SLOT_PROC));
  add_at(&d, find(&d, STEP_STDIO), STEP_JOIN_PID_NS, NUMBER(SLOT_NULL));
  add_at(&d, find(&d, STEP_SECCOMP), STEP_BIRTH);
}

static void birth_laws(void) {
  static const int before_birth[] = {STEP_STDIO,  STEP_PIVOT_ROOT,  STEP_CLOSE_FDS, STEP_CHDIR,
                                     STEP_UMASK,  STEP_UID,         STEP_GROUPS,    STEP_RESOLVE,
                                     STEP_REPORT, STEP_NO_NEW_PRIVS};
  sample_among_others();
  CHECK_TEXT(verdict(), "accepted");
  set(&d, STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS);
  CHECK_TEXT(verdict(), "CLONE: namespace both joined and made");
  sample_among_others();
  drop(&d, STEP_BIRTH);
  CHECK_TEXT(verdict(), "BIRTH: a pid namespace is joined and born into, or neither");
  sample_among_others();
  drop(&d, STEP_JOIN_PID_NS);
  CHECK_TEXT(verdict(), "BIRTH: a pid namespace is joined and born into, or neither");
  sample_among_others();
  move_before(&d, STEP_JOIN_PID_NS, STEP_MOUNT_PROC);
  CHECK_TEXT(verdict(), "JOIN_PID_NS: procfs made by a process that is born into the pid namespace");
  sample_among_others();
  move_behind(&d, STEP_JOIN_PID_NS, STEP_BIRTH);
  CHECK_TEXT(verdict(), "BIRTH: birth before the pid namespace is joined");
  sample_among_others();
  move_behind(&d, STEP_CAPSET, STEP_BIRTH);
  CHECK_TEXT(verdict(), "CAPSET: birth before capabilities were dropped");
  sample_among_others();
  d.steps[find(&d, STEP_MOUNT_FS)].operand[MOUNT_FS_TYPE] = draft_str(&d, "proc");
  CHECK_TEXT(verdict(), "MOUNT_FS: procfs of the host's processes");
  for (size_t i = 0; i < sizeof before_birth / sizeof before_birth[0]; i++) {
    sample_among_others();
    unsigned count = 0;
    for (unsigned j = 0; j < d.count; j++) {
      count += d.steps[j].code == before_birth[i];
    }
    struct draft_step late = d.steps[find_nth(&d, before_birth[i], count - 1)];
    draft_remove(&d, find_nth(&d, before_birth[i], count - 1));
    draft_insert(&d, find(&d, STEP_BIRTH) + 1, late);
    CHECK(strcmp(verdict(), "accepted") != 0);
  }
}

/* Without no_new_privs the filter needs a capability, and the last set comes behind it. */
static void birth_with_a_late_capset(void) {
  sample_among_others();
  drop(&d, STEP_NO_NEW_PRIVS);
  struct draft_step again = d.steps[find(&d, STEP_CAPSET)];
  draft_insert(&d, find(&d, STEP_SECCOMP) + 1, again);
  CHECK_TEXT(verdict(), "accepted");
  draft_insert(&d, find(&d, STEP_CAPSET), again);
  CHECK_TEXT(verdict(), "?: more than 8 filters, 2 capsets or 2 working directories");
  draft_remove(&d, find(&d, STEP_CAPSET));
  drop(&d, STEP_SECCOMP);
  CHECK_TEXT(verdict(), "CAPSET: birth before capabilities were dropped");
}

static void terminals(void) {
  sample(&d);
  unsigned stdio = find(&d, STEP_STDIO);
  draft_remove(&d, stdio);
  add_at(&d, find(&d, STEP_ROOT_ATTRIBUTES), STEP_TERMINAL, NUMBER(SLOT_TREE), NUMBER(0), NUMBER(0), "",
         NUMBER(0));
  CHECK_TEXT(verdict(), "EXEC: not exactly one of standard streams and terminal");
  add_at(&d, find(&d, STEP_SECCOMP), STEP_TAKE_TERMINAL);
  CHECK_TEXT(verdict(), "accepted");
  move_before(&d, STEP_TAKE_TERMINAL, STEP_TERMINAL);
  CHECK_TEXT(verdict(), "TAKE_TERMINAL: terminal taken before there is one");
}

static void ends(void) {
  without(STEP_EXEC, "SECCOMP: not exactly one last step at the end");
  twice(STEP_EXEC, "EXEC: not exactly one last step at the end");
  before(STEP_EXEC, STEP_SECCOMP, "SECCOMP: not exactly one last step at the end");
  without(STEP_CLOSE_FDS, "CLOSE_FDS: first child step does not close descriptors");
  before(STEP_SET_SID, STEP_CLOSE_FDS, "CLOSE_FDS: first child step does not close descriptors");
  sample(&d);
  draft_remove(&d, find_nth(&d, STEP_CLOSE_FDS, 1));
  CHECK(strstr(verdict(), "step after the last descriptors were closed") != NULL);
  sample(&d);
  while (draft_shape(d.steps[d.count - 1].code)->phase == 'C') {
    d.count--;
  }
  d.total = d.supplied;
  CHECK_TEXT(verdict(), "?: no child steps");
}

static void program_laws(void) {
  static const int needed[] = {STEP_SET_SID, STEP_UMASK, STEP_BOUNDING, STEP_GROUPS,
                               STEP_GID,     STEP_UID,   STEP_CAPSET,   STEP_AMBIENT};
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    sample(&d);
    drop(&d, needed[i]);
    CHECK(strstr(verdict(), "a program needs this step") != NULL);
    CHECK_NUMBER(fault.code, needed[i]);
  }
  static const int once[] = {
      STEP_SET_SID,  STEP_UMASK,     STEP_BOUNDING,      STEP_SECUREBITS,      STEP_GROUPS,
      STEP_GID,      STEP_UID,       STEP_AMBIENT,       STEP_NO_NEW_PRIVS,    STEP_REPORT,
      STEP_RESOLVE,  STEP_STDIO,     STEP_PIVOT_ROOT,    STEP_ROOT_ATTRIBUTES, STEP_USE_ROOT,
      STEP_HOSTNAME, STEP_KEEP_CAPS, STEP_OOM_SCORE_ADJ, STEP_SESSION_KEYRING};
  for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
    sample(&d);
    draft_insert(&d, find(&d, once[i]), d.steps[find(&d, once[i])]);
    CHECK(strstr(verdict(), "step is there twice") != NULL);
  }
  without(STEP_RESOLVE, "EXEC: program is not resolved, or has no working directory");
  without(STEP_STDIO, "EXEC: not exactly one of standard streams and terminal");
  sample(&d);
  d.steps[find_nth(&d, STEP_CHDIR, 1)].operand[CHDIR_FINAL] = 0;
  CHECK_TEXT(verdict(), "CHDIR: last working directory may fail silently");
  with(STEP_CHDIR, CHDIR_FINAL, 2, "CHDIR: final is neither 0 nor 1");
  without(STEP_NO_NEW_PRIVS, "accepted"); /* the kernel sees to that: seccomp(2) EACCES */
  without(STEP_SECCOMP, "accepted");
}

static void user_namespace_laws(void) {
  sample(&d);
  set(&d, STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS | CLONE_NEWUSER);
  add_at(&d, 1, STEP_ID_MAPS, "0 1000 1\n", "0 1000 1\n", NUMBER(1));
  add_at(&d, find(&d, STEP_MOUNT_FS), STEP_USER_NS_ROOT);
  CHECK_TEXT(verdict(), "accepted");
  move_before(&d, STEP_USER_NS_ROOT, STEP_SECUREBITS);
  CHECK(strcmp(verdict(), "accepted") != 0);
  move_before(&d, STEP_USER_NS_ROOT, STEP_EXEC);
  CHECK(strcmp(verdict(), "accepted") != 0);
  draft_insert(&d, find(&d, STEP_MOUNT_FS), d.steps[find(&d, STEP_USER_NS_ROOT)]);
  CHECK(strcmp(verdict(), "accepted") != 0);
}

static void order_laws(void) {
  before(STEP_GID, STEP_GROUPS, "GID: gid before groups");
  before(STEP_UID, STEP_GID, "UID: uid before gid");
  before(STEP_CAPSET, STEP_BOUNDING, "CAPSET: capset before the bounding set");
  before(STEP_CAPSET, STEP_UID, "CAPSET: no capset after the uid");
  before(STEP_MASK, STEP_ATTACH, "MASK: mask before the last mount");
  before(STEP_READ_ONLY, STEP_ATTACH, "READ_ONLY: read-only path before the last mount");
  before(STEP_PROPAGATION, STEP_EXEC, "ATTACH: propagation changed after a mount was attached");
  before(STEP_PIVOT_ROOT, STEP_USE_ROOT, "PIVOT_ROOT: pivot without a root");
  before(STEP_RESOLVE, STEP_CHDIR, "RESOLVE: program looked for before the working directory is known");
  before(STEP_UNSHARE, STEP_PIVOT_ROOT, "USE_ROOT: namespace made after the root was attached");
  behind(STEP_NO_NEW_PRIVS, STEP_SECCOMP, "NO_NEW_PRIVS: step after the filter");
  behind(STEP_REPORT, STEP_SECCOMP, "REPORT: step after the filter");
  behind(STEP_CAPSET, STEP_SECCOMP, "accepted");
  behind(STEP_STDIO, STEP_UMASK, "STDIO: step after the last descriptors were closed");
  behind(STEP_PIVOT_ROOT, STEP_UMASK, "PIVOT_ROOT: step after the last descriptors were closed");
  behind(STEP_SYSCTL, STEP_UID, "SYSCTL: step after the last descriptors were closed");
  sample(&d);
  for (unsigned i = 0; i < 8; i++) {
    draft_insert(&d, find(&d, STEP_SECCOMP), d.steps[find(&d, STEP_SECCOMP)]);
  }
  CHECK_TEXT(verdict(), "?: more than 8 filters, 2 capsets or 2 working directories");
  sample(&d);
  set(&d, STEP_SECCOMP, SECCOMP_FLAGS, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  CHECK_TEXT(verdict(), "accepted");
  draft_insert(&d, find(&d, STEP_SECCOMP), d.steps[find(&d, STEP_SECCOMP)]);
  CHECK_TEXT(verdict(), "SECCOMP: second listener");
}

static void root_laws(void) {
  const char *place = "step is not between attaching the root and pivoting to it";
  static const int beneath[] = {STEP_MAKE_DIR, STEP_MAKE_NODE, STEP_MAKE_SYMLINK,
                                STEP_MASK,     STEP_READ_ONLY, STEP_ROOT_ATTRIBUTES};
  for (size_t i = 0; i < sizeof beneath / sizeof beneath[0]; i++) {
    sample(&d);
    move_behind(&d, beneath[i], STEP_PIVOT_ROOT);
    CHECK(strstr(verdict(), place) != NULL);
  }
  sample(&d);
  move_before(&d, STEP_MAKE_DIR, STEP_USE_ROOT);
  CHECK(strstr(verdict(), place) != NULL);
  without(STEP_PIVOT_ROOT, "PIVOT_ROOT: a root is attached and pivoted to, or neither");
  without(STEP_PROPAGATION, "USE_ROOT: mounts would propagate to the host");
  with(STEP_PROPAGATION, PROPAGATION_FLAGS, MS_REC | MS_SHARED,
       "PROPAGATION: mounts would propagate to the host");
  with(STEP_PROPAGATION, PROPAGATION_FLAGS, MS_SLAVE, "PROPAGATION: mounts would propagate to the host");
  with(STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS & ~CLONE_NEWNS,
       "USE_ROOT: root attached in a mount namespace that is not new");
  sample(&d);
  add_at(&d, find(&d, STEP_SET_SID), STEP_JOIN_NS, NUMBER(SLOT_ROOT), NUMBER(CLONE_NEWNS));
  CHECK_TEXT(verdict(), "USE_ROOT: root attached in a mount namespace that is not new");
  sample(&d);
  move_before(&d, STEP_OPEN_DIR, STEP_USE_ROOT);
  CHECK_TEXT(verdict(), "OPEN_DIR: path outside the container's root");
}

static void namespace_laws(void) {
  with(STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS & ~CLONE_NEWUTS, "HOSTNAME: name of the host");
  with(STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS & ~CLONE_NEWNET, "SYSCTL: sysctl of the host");
  with_text(STEP_SYSCTL, SYSCTL_PATH, "kernel/core_pattern", "SYSCTL: sysctl of the host");
  with_text(STEP_SYSCTL, SYSCTL_PATH, "kernel/shmmax", "accepted");
  with_text(STEP_SYSCTL, SYSCTL_PATH, "net", "SYSCTL: sysctl of the host");
  sample(&d);
  set(&d, STEP_CLONE, CLONE_FLAGS, SAMPLE_FLAGS & ~CLONE_NEWUTS);
  add_at(&d, find(&d, STEP_SET_SID), STEP_JOIN_NS, NUMBER(SLOT_ROOT), NUMBER(CLONE_NEWUTS));
  CHECK_TEXT(verdict(), "accepted");
  set(&d, STEP_JOIN_NS, JOIN_NS_TYPE, CLONE_NEWUTS | CLONE_NEWNET);
  CHECK_TEXT(verdict(), "JOIN_NS: not one namespace type that can be joined here");
  set(&d, STEP_JOIN_NS, JOIN_NS_TYPE, CLONE_NEWPID);
  CHECK_TEXT(verdict(), "JOIN_NS: not one namespace type that can be joined here");
  set(&d, STEP_JOIN_NS, JOIN_NS_TYPE, CLONE_NEWUTS);
  move_before(&d, STEP_JOIN_NS, STEP_PIVOT_ROOT);
  CHECK_TEXT(verdict(), "USE_ROOT: namespace joined after the root was attached");
  sample(&d);
  add_at(&d, find(&d, STEP_UNSHARE), STEP_MOUNT_FS, "cgroup2", sample_none, NUMBER(0), NUMBER(SLOT_TREE + 1));
  d.total++;
  CHECK_TEXT(verdict(), "UNSHARE: a file system already shows the namespace before");
  move_behind(&d, STEP_MOUNT_FS, STEP_UNSHARE);
  CHECK_TEXT(verdict(), "accepted");
}

/* Exec into a container: its mount namespace is joined, no root is attached. */
static void exec_plan(void) {
  sample(&d);
  drop(&d, STEP_PROPAGATION);
  for (unsigned i = find(&d, STEP_PIVOT_ROOT);; i--) {
    uint16_t code = d.steps[i].code;
    draft_remove(&d, i);
    if (code == STEP_USE_ROOT) {
      break;
    }
  }
  d.total = SLOT_DEVPTS + 1;
  CHECK_TEXT(verdict(), "?: program would run in the host's root");
  add_at(&d, find(&d, STEP_MOUNT_FS), STEP_JOIN_NS, NUMBER(SLOT_ROOT), NUMBER(CLONE_NEWNS));
  CHECK_TEXT(verdict(), "accepted");
  add_at(&d, find(&d, STEP_JOIN_NS), STEP_OPEN_DIR, "dev/pts", NUMBER(SLOT_TREE));
  d.total++;
  CHECK_TEXT(verdict(), "OPEN_DIR: path outside the container's root");
  move_behind(&d, STEP_OPEN_DIR, STEP_JOIN_NS);
  CHECK_TEXT(verdict(), "accepted");
  move_behind(&d, STEP_JOIN_NS, STEP_UID);
  CHECK(strcmp(verdict(), "accepted") != 0);
}

static void hold_plan(void) {
  sample(&d);
  d.count = 1;
  d.total = d.supplied;
  add(&d, STEP_CLOSE_FDS);
  add(&d, STEP_LOOPBACK_UP);
  add(&d, STEP_HOLD);
  CHECK_TEXT(verdict(), "accepted");
  add_at(&d, 1, STEP_TRACE);
  CHECK_TEXT(verdict(), "TRACE: trace of a child that runs no program");
}

int main(void) {
  sample(&d);
  CHECK_TEXT(verdict(), "accepted");
  monitor_laws();
  birth_laws();
  birth_with_a_late_capset();
  terminals();
  ends();
  program_laws();
  user_namespace_laws();
  order_laws();
  root_laws();
  namespace_laws();
  exec_plan();
  hold_plan();
  return check_done();
}
