/* Images, volumes and descriptors that are not what they should be: the launch fails, and says where. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"

#define RACES 40

static struct bed bed;
static struct draft d;
static const char *const true_args[] = {"true", NULL};

static void container(const char *const *args) {
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
}

static void expect(const char *failure) {
  bool ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), failure);
  CHECK_NUMBER(ready, strcmp(failure, "fine") == 0);
  bed_kill(&bed);
}

static void image_links(void) {
  bed_shell(&bed, "mkdir $W/outside; cd $W/image; rmdir proc; ln -s /outside proc");
  container(true_args);
  expect("ATTACH: ELOOP");
  bed_shell(&bed, "cd $W/image; rm proc; mkdir proc; rmdir dev; ln -s ../../outside dev");
  container(true_args);
  expect("ATTACH: ELOOP");
  bed_shell(&bed, "cd $W/image; rm dev; mkdir dev; rmdir sys; ln -s etc sys");
  container(true_args);
  expect("ATTACH: ELOOP");
  bed_shell(&bed, "cd $W/image; rm sys; mkdir sys; test -z \"$(ls -A $W/outside)\"");
}

static void targets_on_procfs(void) {
  container(true_args);
  add_at(&d, find(&d, STEP_MASK), STEP_ATTACH, NUMBER(SLOT_EMPTY), "proc/irq", NUMBER(0), NUMBER(0));
  expect("ATTACH: EISNAM");
  bed_shell(&bed, "ln -s /proc/irq $W/image/innocent");
  container(true_args);
  add_at(&d, find(&d, STEP_MASK), STEP_ATTACH, NUMBER(SLOT_EMPTY), "innocent", NUMBER(1), NUMBER(0));
  expect("ATTACH: EISNAM");
}

static void wrong_masks(void) {
  static const char *const instead[] = {"/dev/zero", "/etc/passwd", "/etc"};
  for (size_t i = 0; i < sizeof instead / sizeof instead[0]; i++) {
    container(true_args);
    close(bed.slots[SLOT_NULL]);
    bed_slot_tree(&bed, SLOT_NULL, instead[i]);
    expect("MASK: EMEDIUMTYPE");
  }
  container(true_args);
  unsigned irq = find_nth(&d, STEP_MASK, 3); /* proc/irq, a directory; SLOT_DEV is a writable tmpfs */
  d.steps[irq].operand[MASK_EMPTY] = SLOT_DEV;
  expect("MASK: EMEDIUMTYPE");
}

/* A constraint written to something that is not procfs would be lost without a trace. */
static void wrong_procfs(void) {
  container(true_args);
  add_at(&d, find(&d, STEP_STDIO), STEP_SYSCTL, NUMBER(SLOT_EMPTY), "net/ipv4/ip_forward", "1");
  expect("SYSCTL: EMEDIUMTYPE");
  container(true_args);
  add_at(&d, find(&d, STEP_STDIO), STEP_LSM_ATTRIBUTE, NUMBER(SLOT_SYS), "exec", "label");
  expect("LSM_ATTRIBUTE: EMEDIUMTYPE");
  container(true_args);
  add_at(&d, find(&d, STEP_STDIO), STEP_SYSCTL, NUMBER(SLOT_PROC), "net/ipv4/no_such_thing", "1");
  expect("SYSCTL: ENOENT");
  container(true_args);
  add_at(&d, find(&d, STEP_STDIO), STEP_SYSCTL, NUMBER(SLOT_PROC), "net/ipv4/ip_forward", "not a number");
  expect("SYSCTL: EINVAL");
}

static void into(const char *path, const char *failure) {
  container(true_args);
  set(&d, STEP_CHDIR, CHDIR_PATH, draft_str(&d, path));
  expect(failure);
}

static void working_directories(void) {
  char name[32];
  into("/", "fine");
  into("/nowhere", "CHDIR: ENOENT");
  into("/bin/busybox", "CHDIR: ENOTDIR");
  for (int fd = 3; fd < 20; fd++) { /* CVE-2024-21626 */
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    container(true_args);
    set(&d, STEP_CHDIR, CHDIR_PATH, draft_str(&d, name));
    CHECK(!bed_launch(&bed, &d));
    CHECK_NUMBER(bed.page->failed_code, STEP_CHDIR);
    bed_kill(&bed);
  }
  into("/proc/self/cwd", "CHDIR: ELOOP");
  into("/proc/1/root/tmp", "CHDIR: ELOOP");
  bed_shell(&bed, "mkdir -m 700 $W/image/mine; chown 2000 $W/image/mine");
  into("/mine", "fine");
  container(true_args); /* no capability to overrule modes: the user's own rights decide at the second try */
  set(&d, STEP_CHDIR, CHDIR_PATH, draft_str(&d, "/mine"));
  struct draft_step again = d.steps[find(&d, STEP_CHDIR)];
  set(&d, STEP_CHDIR, CHDIR_FINAL, 0);
  draft_insert(&d, find(&d, STEP_UID) + 1, again);
  expect("fine");
  bed_shell(&bed, "chown 0 $W/image/mine");
  container(true_args);
  move_behind(&d, STEP_CHDIR, STEP_CAPSET);
  set(&d, STEP_CHDIR, CHDIR_PATH, draft_str(&d, "/mine"));
  set(&d, STEP_CAPSET, CAPSET_EFFECTIVE, 0x400);
  expect("CHDIR: EACCES");
}

static void resolving(const char *name, const char *path, const char *failure) {
  container(true_args);
  set(&d, STEP_RESOLVE, RESOLVE_NAME, draft_str(&d, name));
  set(&d, STEP_RESOLVE, RESOLVE_PATH, draft_str(&d, path));
  set(&d, STEP_CHDIR, CHDIR_PATH, draft_str(&d, "/tmp"));
  expect(failure);
}

static void programs(void) {
  bed_shell(&bed,
            "cd $W/image; printf '#!/bin/sh\\necho script $0 $1\\n' >tmp/script; chmod 755 tmp/script;"
            "mkdir -p tmp/noexec tmp/sub; printf x >tmp/noexec/true; printf x >tmp/plain; mkdir tmp/sub/true;"
            "printf '#!/no/such/interpreter\\n' >tmp/orphan; chmod 755 tmp/orphan;"
            "mkdir -m 700 tmp/closed; cp bin/busybox tmp/closed/hidden");
  resolving("true", "/bin", "fine");
  resolving("true", "/nowhere::/bin/busybox:/bin", "fine"); /* not a directory: goes on */
  resolving("true", "/tmp/noexec:/tmp/sub:/bin", "fine");
  resolving("true", "/tmp/noexec:/nowhere", "RESOLVE: EACCES");
  resolving("true", "/tmp/sub", "RESOLVE: EACCES");
  resolving("true", "", "RESOLVE: ENOENT");
  resolving("script", "", "fine"); /* an empty element is the working directory */
  resolving("script", "/bin:", "fine");
  resolving("./script", "/bin", "fine");
  resolving("../tmp/script", "/bin", "fine");
  resolving("/tmp/script", "/bin", "fine");
  resolving("/tmp", "/bin", "RESOLVE: EACCES");
  resolving("/tmp/plain", "/bin", "RESOLVE: EACCES");
  resolving("/tmp/closed/hidden", "/bin", "RESOLVE: EACCES");
  resolving("/nowhere/true", "/bin", "RESOLVE: ENOENT");
  resolving("/tmp/plain/true", "/bin", "RESOLVE: ENOTDIR");
  resolving("/tmp/orphan", "/bin", "EXEC: ENOENT");
  static char name[PATH_MAX + 8];
  memset(name, 'x', sizeof name - 1);
  name[0] = '/';
  resolving(name, "/bin", "RESOLVE: ENAMETOOLONG");
  const char *const args[] = {"script", "argument", NULL};
  container(args);
  set(&d, STEP_RESOLVE, RESOLVE_PATH, draft_str(&d, "/tmp"));
  CHECK(bed_launch(&bed, &d));
  bed_finish(&bed);
  CHECK_TEXT(bed_output(&bed), "script /tmp/script argument\n");
}

static void tolerated_failure(void) {
  container(true_args);
  set(&d, STEP_RLIMIT, RLIMIT_HARD, 1ull << 40); /* above fs.nr_open: EPERM for everybody, setrlimit(2) */
  expect("RLIMIT: EPERM");
  container(true_args);
  set(&d, STEP_RLIMIT, RLIMIT_HARD, 1ull << 40);
  d.steps[find(&d, STEP_RLIMIT)].tolerate = EPERM;
  expect("fine");
  CHECK_NUMBER(bed.page->degraded_count, 1);
  CHECK_NUMBER(bed.page->degraded[0].step, find(&d, STEP_RLIMIT) - 2);
  CHECK_NUMBER(bed.page->degraded[0].error, EPERM);
}

/* A neighbour that shares a volume keeps exchanging a directory with a link to the host: CVE-2021-30465. */
static pid_t start_flipping(void) {
  pid_t pid = fork();
  if (pid == 0) {
    char directory[64];
    char link[64];
    snprintf(directory, sizeof directory, "%s/image/volume/a", bed.work);
    snprintf(link, sizeof link, "%s/image/volume/b", bed.work);
    for (;;) {
      syscall(SYS_renameat2, AT_FDCWD, directory, AT_FDCWD, link, RENAME_EXCHANGE);
    }
  }
  return pid;
}

static void racing_links(void) {
  char outside[64];
  unsigned fine = 0;
  unsigned failed = 0;
  bed_shell(&bed, "mkdir -p $W/image/volume/a; ln -s ../../../../../../../$W/outside $W/image/volume/b");
  pid_t flipper = start_flipping();
  for (int i = 0; i < RACES; i++) {
    container(true_args);
    for (unsigned j = 0; j < 20; j++) {
      char path[64];
      snprintf(path, sizeof path, "volume/a/%d/%u", i, j);
      add_at(&d, find(&d, STEP_MASK), STEP_MAKE_DIR, path, NUMBER(0755), NUMBER(0), NUMBER(0));
    }
    add_at(&d, find(&d, STEP_MASK), STEP_MASK, "volume/a", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
    bool ready = bed_launch(&bed, &d);
    fine += ready;
    failed += !ready;
    bed_kill(&bed);
  }
  kill(flipper, SIGKILL);
  waitpid(flipper, NULL, 0);
  printf("raced: %u launched, %u refused\n", fine, failed);
  snprintf(outside, sizeof outside, "%s/outside", bed.work);
  DIR *entries = opendir(outside);
  unsigned count = 0;
  while (entries && readdir(entries)) {
    count++;
  }
  closedir(entries);
  CHECK_NUMBER(count, 2);
}

int main(void) {
  bed_open(&bed);
  image_links();
  targets_on_procfs();
  wrong_masks();
  wrong_procfs();
  working_directories();
  programs();
  tolerated_failure();
  racing_links();
  return check_done();
}
