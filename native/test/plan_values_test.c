/* What plan_verify() refuses although the layout is sound: values. One case each; presence and order:
 * plan_laws_test.c. */
#include <errno.h>
#include <sys/stat.h>

#include "verdict.h"

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

int main(void) {
  sample(&d);
  CHECK_TEXT(verdict(), "accepted");
  numbers();
  identity_numbers();
  texts();
  tolerances();
  return check_done();
}
