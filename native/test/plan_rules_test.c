/* What plan_verify() refuses although the layout is sound: values, presence, order. One case each. */
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/stat.h>

#include "check.h"
#include "sample.h"

static struct draft d;
static struct plan_fault fault;

/* Lays out and verifies d; the name of the refused step and the reason. */
static const char *verdict(void) {
  static char text[160];
  struct plan plan;
  draft_encode(&d);
  if (plan_verify(d.bytes, d.length, &plan, &fault) == 0) {
    return "accepted";
  }
  snprintf(text, sizeof text, "%s: %s", plan_step_name(fault.code), fault.reason);
  return text;
}

static void with(int code, unsigned operand, uint64_t value, const char *expected) {
  sample(&d);
  set(&d, code, operand, value);
  CHECK_TEXT(verdict(), expected);
}

static void with_text(int code, unsigned operand, const char *value, const char *expected) {
  sample(&d);
  set(&d, code, operand, draft_str(&d, value));
  CHECK_TEXT(verdict(), expected);
}

static void without(int code, const char *expected) {
  sample(&d);
  drop(&d, code);
  CHECK_TEXT(verdict(), expected);
}

static void twice(int code, const char *expected) {
  sample(&d);
  draft_insert(&d, find(&d, code), d.steps[find(&d, code)]);
  CHECK_TEXT(verdict(), expected);
}

static void before(int code, int other, const char *expected) {
  sample(&d);
  move_before(&d, code, other);
  CHECK_TEXT(verdict(), expected);
}

static void behind(int code, int other, const char *expected) {
  sample(&d);
  move_behind(&d, code, other);
  CHECK_TEXT(verdict(), expected);
}

static void tolerating(int code, uint16_t error, const char *expected) {
  sample(&d);
  d.steps[find(&d, code)].tolerate = error;
  CHECK_TEXT(verdict(), expected);
}

static void numbers(void) {
  with(STEP_CLONE, CLONE_FLAGS, CLONE_VM, "CLONE: clone flags other than new namespaces");
  with(STEP_CLONE, CLONE_FLAGS, CLONE_PARENT | CLONE_NEWNS, "CLONE: clone flags other than new namespaces");
  with(STEP_UNSHARE, UNSHARE_FLAGS, 0, "UNSHARE: not namespaces that can be unshared here");
  with(STEP_UNSHARE, UNSHARE_FLAGS, CLONE_NEWPID, "UNSHARE: not namespaces that can be unshared here");
  with(STEP_UNSHARE, UNSHARE_FLAGS, CLONE_NEWUSER, "UNSHARE: not namespaces that can be unshared here");
  with(STEP_UNSHARE, UNSHARE_FLAGS, CLONE_FILES, "UNSHARE: not namespaces that can be unshared here");
  with(STEP_PROPAGATION, PROPAGATION_FLAGS, MS_REC, "PROPAGATION: not one propagation type");
  with(STEP_PROPAGATION, PROPAGATION_FLAGS, MS_REC | MS_SLAVE | MS_SHARED,
       "PROPAGATION: not one propagation type");
  with(STEP_PROPAGATION, PROPAGATION_FLAGS, MS_BIND, "PROPAGATION: not one propagation type");
  with(STEP_MOUNT_FS, MOUNT_FS_ATTRIBUTES, MOUNT_ATTR_IDMAP, "MOUNT_FS: unknown mount attributes");
  with(STEP_ATTACH, ATTACH_CREATE, 3, "ATTACH: create is neither 0, 1 nor 2");
  with(STEP_ATTACH, ATTACH_PROPAGATION, MS_BIND, "ATTACH: not one propagation type");
  with(STEP_ATTACH, ATTACH_PROPAGATION, 0, "accepted");
  with(STEP_MAKE_DIR, MAKE_DIR_MODE, 02755, "MAKE_DIR: mode or owner out of bounds");
  with(STEP_MAKE_DIR, MAKE_DIR_UID, 0xffffffff, "MAKE_DIR: mode or owner out of bounds");
  with(STEP_MAKE_NODE, MAKE_NODE_MODE, S_IFREG | 0644, "MAKE_NODE: neither a device nor a FIFO");
  with(STEP_MAKE_NODE, MAKE_NODE_MODE, S_IFIFO | 0644, "MAKE_NODE: neither a device nor a FIFO");
  with(STEP_MAKE_NODE, MAKE_NODE_GID, 0xffffffff, "MAKE_NODE: mode or owner out of bounds");
  with(STEP_ROOT_ATTRIBUTES, ROOT_ATTRIBUTES_CLEAR, MOUNT_ATTR_RDONLY,
       "ROOT_ATTRIBUTES: unknown mount attributes, or one both set and cleared");
  with(STEP_RLIMIT, RLIMIT_RESOURCE, 16, "RLIMIT: unknown resource");
  with(STEP_RLIMIT, RLIMIT_SOFT, 129, "RLIMIT: soft limit above the hard one");
  with(STEP_OOM_SCORE_ADJ, OOM_SCORE_ADJ_VALUE, NUMBER(-1001), "OOM_SCORE_ADJ: oom_score_adj out of bounds");
  with(STEP_OOM_SCORE_ADJ, OOM_SCORE_ADJ_VALUE, 1001, "OOM_SCORE_ADJ: oom_score_adj out of bounds");
  with(STEP_UMASK, UMASK_MASK, 01000, "UMASK: umask out of bounds");
}

static void identity_numbers(void) {
  with(STEP_UID, UID_UID, 0xffffffff, "UID: id out of bounds");
  with(STEP_GID, GID_GID, 0xffffffff, "GID: id out of bounds");
  with(STEP_UID, UID_UID, 1ull << 32, "UID: id out of bounds");
  with(STEP_SECUREBITS, SECUREBITS_BITS, 0x1000, "SECUREBITS: unknown securebits");
  with(STEP_CAPSET, CAPSET_EFFECTIVE, 7, "CAPSET: effective beyond permitted");
  with(STEP_CAPSET, CAPSET_INHERITABLE, 3, "CAPSET: inheritable capabilities that are not ambient");
  with(STEP_SECCOMP, SECCOMP_FLAGS, 1 << 6, "SECCOMP: unknown seccomp flags");
  sample(&d);
  const uint32_t none = 0xffffffff;
  set(&d, STEP_GROUPS, GROUPS_GIDS, draft_blob(&d, &none, sizeof none));
  CHECK_TEXT(verdict(), "GROUPS: not a list of at most 65536 groups");
  sample(&d);
  set(&d, STEP_GROUPS, GROUPS_GIDS, draft_blob(&d, &none, 3));
  CHECK_TEXT(verdict(), "GROUPS: not a list of at most 65536 groups");
  sample(&d);
  set(&d, STEP_GROUPS, GROUPS_GIDS, 0);
  CHECK_TEXT(verdict(), "accepted");
  sample(&d);
  set(&d, STEP_SECCOMP, SECCOMP_PROGRAM, draft_blob(&d, sample_filter, 7));
  CHECK_TEXT(verdict(), "SECCOMP: not a program of 1 to 4096 instructions");
  sample(&d);
  set(&d, STEP_SECCOMP, SECCOMP_PROGRAM, 0);
  CHECK_TEXT(verdict(), "SECCOMP: not a program of 1 to 4096 instructions");
  sample(&d);
  static const char program[4097 * 8];
  set(&d, STEP_SECCOMP, SECCOMP_PROGRAM, draft_blob(&d, program, sizeof program));
  CHECK_TEXT(verdict(), "SECCOMP: not a program of 1 to 4096 instructions");
}

static void texts(void) {
  const char *const bad[] = {"", "/proc", "a//b", "a/", ".", "..", "a/../b", "./a", "a/."};
  static const struct {
    int code;
    unsigned operand;
  } paths[] = {{STEP_ATTACH, ATTACH_TARGET},     {STEP_MAKE_DIR, MAKE_DIR_PATH},
               {STEP_MAKE_NODE, MAKE_NODE_PATH}, {STEP_MAKE_SYMLINK, MAKE_SYMLINK_PATH},
               {STEP_MASK, MASK_PATH},           {STEP_READ_ONLY, READ_ONLY_PATH},
               {STEP_OPEN_DIR, OPEN_DIR_PATH},   {STEP_SYSCTL, SYSCTL_PATH}};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
      sample(&d);
      set(&d, paths[i].code, paths[i].operand, draft_str(&d, bad[j]));
      CHECK(strstr(verdict(), "path is absolute, empty or has an empty") != NULL);
    }
  }
  with_text(STEP_MASK, MASK_PATH, "...", "accepted");
  with_text(STEP_MASK, MASK_PATH, ".a/..b", "accepted");
  with_text(STEP_EXIT_RECORD, EXIT_RECORD_NAME, "a/b", "EXIT_RECORD: not a file name");
  with_text(STEP_EXIT_RECORD, EXIT_RECORD_NAME, "..", "EXIT_RECORD: not a file name");
  with_text(STEP_MOUNT_FS, MOUNT_FS_TYPE, "", "MOUNT_FS: empty file system type");
  with_text(STEP_USE_ROOT, USE_ROOT_AT, "run", "USE_ROOT: root directory is not absolute");
  with_text(STEP_MAKE_SYMLINK, MAKE_SYMLINK_TARGET, "", "MAKE_SYMLINK: empty link target");
  with_text(STEP_HOSTNAME, HOSTNAME_NAME, "", "HOSTNAME: name is empty or longer than 64 bytes");
  with_text(STEP_HOSTNAME, HOSTNAME_NAME, "0123456789012345678901234567890123456789012345678901234567890123",
            "accepted");
  with_text(STEP_HOSTNAME, HOSTNAME_NAME, "01234567890123456789012345678901234567890123456789012345678901234",
            "HOSTNAME: name is empty or longer than 64 bytes");
  with_text(STEP_SYSCTL, SYSCTL_VALUE, "", "SYSCTL: empty sysctl value");
  with_text(STEP_LSM_ATTRIBUTE, LSM_ATTRIBUTE_NAME, "current",
            "LSM_ATTRIBUTE: not an attribute a launch sets");
  with_text(STEP_LSM_ATTRIBUTE, LSM_ATTRIBUTE_NAME, "../../mem",
            "LSM_ATTRIBUTE: not an attribute a launch sets");
  with_text(STEP_CHDIR, CHDIR_PATH, "", "CHDIR: working directory is not absolute");
  with_text(STEP_CHDIR, CHDIR_PATH, "tmp", "CHDIR: working directory is not absolute");
  with_text(STEP_RESOLVE, RESOLVE_NAME, "", "RESOLVE: empty program name");
  with(STEP_EXEC, EXEC_ARGS, 0, "EXEC: no argument");
}

static void tolerances(void) {
  const char *no = "this step must not fail with this error and go on";
  tolerating(STEP_OOM_SCORE_ADJ, EACCES, "accepted");
  tolerating(STEP_RLIMIT, EPERM, "accepted");
  tolerating(STEP_SESSION_KEYRING, ENOSYS, "accepted");
  tolerating(STEP_OOM_SCORE_ADJ, ENOENT, "OOM_SCORE_ADJ: this step must not fail with this error and go on");
  for (size_t i = 0; i < sizeof step_shapes / sizeof step_shapes[0]; i++) {
    sample(&d);
    for (unsigned j = 0; j < d.count; j++) {
      if (d.steps[j].code == step_shapes[i].code) {
        d.steps[j].tolerate = ENODEV;
        CHECK(strstr(verdict(), no) != NULL);
      }
    }
  }
}

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
  numbers();
  identity_numbers();
  texts();
  tolerances();
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
