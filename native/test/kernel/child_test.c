/* Whole launches: a container as the kernel sees it at the exec-stop, and as its program sees itself. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bed.h"

#define SLOT_SYS (SLOT_TREE + 1)
#define SLOT_SHM (SLOT_TREE + 2)
#define SLOT_DEV (SLOT_TREE + 3)

#ifdef SYS_mkdir
#define CALL_OF_MKDIR SYS_mkdir
#else
#define CALL_OF_MKDIR SYS_mkdirat
#endif

static struct bed bed;
static struct draft d;

static const struct sock_filter allow_but_mkdir[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL_OF_MKDIR, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* Root, /proc, /sys, /dev with pts and shm. */
static void container_root(uint64_t flags) {
  const char *const dev[] = {"mode=755", "size=64k", NULL};
  const char *const pts[] = {"newinstance", "ptmxmode=0666", "mode=0620", NULL};
  char root[64];
  memset(&d, 0, sizeof d);
  d.supplied = SLOT_PROC;
  d.total = SLOT_DEV + 1;
  snprintf(root, sizeof root, "%s/root", bed.work);
  add(&d, STEP_CLONE, flags, NUMBER(PLAN_SLOT_NONE));
  if (flags & CLONE_NEWUSER) {
    add(&d, STEP_ID_MAPS, "written by the bed", "written by the bed", NUMBER(1));
  }
  add(&d, STEP_TRACE);
  add(&d, STEP_CLOSE_FDS);
  add(&d, STEP_SET_SID);
  add(&d, STEP_UNSHARE, NUMBER(CLONE_NEWCGROUP));
  add(&d, STEP_SESSION_KEYRING, "_ses.test");
  add(&d, STEP_PROPAGATION, NUMBER(MS_REC | MS_SLAVE));
  add(&d, STEP_LOOPBACK_UP);
  add(&d, STEP_USE_ROOT, NUMBER(SLOT_ROOT), root);
  if (flags &
      CLONE_NEWUSER) { /* now the bed's directory is entered, and what is made belongs to the namespace */
    add(&d, STEP_USER_NS_ROOT);
  }
  add(&d, STEP_MOUNT_FS, "proc", sample_none, NUMBER(0), NUMBER(SLOT_PROC));
  add(&d, STEP_MOUNT_FS, "tmpfs", dev, NUMBER(MOUNT_ATTR_RDONLY), NUMBER(SLOT_EMPTY));
  add(&d, STEP_MOUNT_FS, "proc", sample_none, NUMBER(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV),
      NUMBER(SLOT_TREE));
  add(&d, STEP_MOUNT_FS, "sysfs", sample_none, NUMBER(MOUNT_ATTR_RDONLY), NUMBER(SLOT_SYS));
  add(&d, STEP_MOUNT_FS, "tmpfs", dev, NUMBER(MOUNT_ATTR_NOSUID), NUMBER(SLOT_DEV));
  add(&d, STEP_MOUNT_FS, "devpts", pts, NUMBER(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), NUMBER(SLOT_DEVPTS));
  add(&d, STEP_MOUNT_FS, "mqueue", sample_none, NUMBER(MOUNT_ATTR_NOSUID), NUMBER(SLOT_SHM));
  add(&d, STEP_ATTACH, NUMBER(SLOT_TREE), "proc", NUMBER(0), NUMBER(0));
  add(&d, STEP_ATTACH, NUMBER(SLOT_SYS), "sys", NUMBER(1), NUMBER(MS_PRIVATE | MS_REC));
  add(&d, STEP_ATTACH, NUMBER(SLOT_DEV), "dev", NUMBER(1), NUMBER(0));
  add(&d, STEP_ATTACH, NUMBER(SLOT_DEVPTS), "dev/pts", NUMBER(1), NUMBER(0));
  add(&d, STEP_ATTACH, NUMBER(SLOT_SHM), "dev/mqueue", NUMBER(1), NUMBER(0));
  add(&d, STEP_MAKE_SYMLINK, "pts/ptmx", "dev/ptmx");
  add(&d, STEP_MASK, "proc/kcore", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(&d, STEP_MASK, "proc/keys", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(&d, STEP_MASK, "sys/firmware", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(&d, STEP_MASK, "proc/irq", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(&d, STEP_MASK, "proc/acpi/not/there", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(&d, STEP_READ_ONLY, "proc/sys");
  add(&d, STEP_READ_ONLY, "proc/bus");
  add(&d, STEP_PIVOT_ROOT);
}

static void container_process(const char *const *args) {
  const char *const env[] = {"PATH=/bin", "GREETING=hello", NULL};
  add(&d, STEP_STDIO, NUMBER(SLOT_IN), NUMBER(SLOT_OUT), NUMBER(SLOT_ERR));
  add(&d, STEP_RLIMIT, NUMBER(RLIMIT_NOFILE), NUMBER(100), NUMBER(200));
  add(&d, STEP_CLOSE_FDS);
  add(&d, STEP_UMASK, NUMBER(027));
  add(&d, STEP_CHDIR, "/tmp", NUMBER(1));
  add(&d, STEP_BOUNDING, NUMBER(0x421));
  add(&d, STEP_SECUREBITS, NUMBER(0));
  add(&d, STEP_KEEP_CAPS);
  add(&d, STEP_GROUPS, sample_gids, sizeof sample_gids);
  add(&d, STEP_GID, NUMBER(3000));
  add(&d, STEP_UID, NUMBER(2000));
  add(&d, STEP_NO_NEW_PRIVS);
  add(&d, STEP_CAPSET, NUMBER(0x401), NUMBER(0x401), NUMBER(0x400));
  add(&d, STEP_AMBIENT, NUMBER(0x400));
  add(&d, STEP_REPORT);
  add(&d, STEP_RESOLVE, args[0], "/nowhere:/bin");
  add(&d, STEP_SECCOMP, allow_but_mkdir, sizeof allow_but_mkdir, NUMBER(0));
  add(&d, STEP_EXEC, args, env);
}

static void before_root_ends(void) {
  unsigned at = find(&d, STEP_PIVOT_ROOT);
  add_at(&d, at, STEP_MAKE_NODE, "dev/null", NUMBER(S_IFCHR | 0666), NUMBER(1ull << 32 | 3), NUMBER(0),
         NUMBER(0));
  add_at(&d, at, STEP_MAKE_DIR, "work/deep", NUMBER(01770), NUMBER(2000), NUMBER(3000));
  add_at(&d, at, STEP_ROOT_ATTRIBUTES, NUMBER(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID), NUMBER(0));
  move_before(&d, STEP_ROOT_ATTRIBUTES, STEP_PIVOT_ROOT);
}

static void identity_at_exec_stop(void) {
  CHECK_TEXT(bed_status(&bed, "Uid"), "2000\t2000\t2000\t2000");
  CHECK_TEXT(bed_status(&bed, "Gid"), "3000\t3000\t3000\t3000");
  CHECK_TEXT(bed_status(&bed, "Groups"), "10 20");
  CHECK_TEXT(bed_status(&bed, "CapBnd"), "0000000000000421");
  CHECK_TEXT(bed_status(&bed, "CapInh"), "0000000000000400");
  CHECK_TEXT(bed_status(&bed, "CapPrm"), "0000000000000400"); /* P'(ambient): capabilities(7) */
  CHECK_TEXT(bed_status(&bed, "CapEff"), "0000000000000400");
  CHECK_TEXT(bed_status(&bed, "CapAmb"), "0000000000000400");
  CHECK_TEXT(bed_status(&bed, "NoNewPrivs"), "1");
  CHECK_TEXT(bed_status(&bed, "Seccomp"), "2");
  CHECK_TEXT(bed_status(&bed, "Seccomp_filters"), "1");
  CHECK_TEXT(bed_status(&bed, "Umask"), "0027");
  CHECK_TEXT(bed_status(&bed, "SigIgn"), "0000000000000000");
  CHECK_TEXT(bed_status(&bed, "SigBlk"), "0000000000000000");
  CHECK_TEXT(bed_status(&bed, "SigCgt"), "0000000000000000");
  CHECK(strstr(bed_proc(&bed, "limits"), "Max open files            100                  200") != NULL);
}

/* Whatever this test process ignores or blocks does not reach the program. */
static void spoil_signals(void) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGRTMIN + 5, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGRTMAX);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static const char script[] =
    "echo host=$(hostname) cwd=$(pwd) $GREETING zero=$0;"
    "id -u; id -G; cat /proc/keys | busybox wc -c; busybox ls -A /sys/firmware /proc/irq;"
    "echo 1 2>&1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward;"
    "mkdir /tmp/x 2>&1; (echo >/x) 2>&1; busybox stat -c '%a %u %g' /work/deep; busybox stat -c '%a %t %T' "
    "/dev/null;"
    "cat /proc/self/oom_score_adj; busybox ip addr show lo | busybox grep -c 'UP';"
    "busybox cat /proc/1/comm; busybox wc -l </proc/self/mountinfo; busybox ls /dev/mqueue; echo end";

static void whole_container(void) {
  const char *const args[] = {"sh", "-c", script, NULL};
  bed_slots(&bed);
  container_root(SAMPLE_FLAGS);
  before_root_ends();
  add(&d, STEP_HOSTNAME, "inside");
  add(&d, STEP_DOMAINNAME, "example");
  add(&d, STEP_SYSCTL, NUMBER(SLOT_PROC), "net/ipv4/ip_forward", "1");
  add(&d, STEP_OOM_SCORE_ADJ, NUMBER(SLOT_PROC), NUMBER(100));
  container_process(args);
  int ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), "fine");
  if (!CHECK(ready)) {
    return;
  }
  identity_at_exec_stop();
  CHECK_NUMBER(bed.page->securebits, 1 << 4); /* KEEP_CAPS, gone after exec */
  CHECK(bed.page->keyring > 0);
  CHECK_NUMBER(bed.page->degraded_count, 0);
  bed_finish(&bed);
  CHECK_NUMBER(bed.status, 0);
  CHECK_TEXT(bed_output(&bed),
             "host=inside cwd=/tmp hello zero=sh\n"
             "2000\n3000 10 20\n"
             "0\n"
             "/proc/irq:\n\n/sys/firmware:\n"
             "sh: can't create /proc/sys/net/ipv4/ip_forward: Read-only file system\n1\n"
             "mkdir: can't create directory '/tmp/x': Operation not permitted\n"
             "sh: can't create /x: Read-only file system\n"
             "1770 2000 3000\n666 1 3\n"
             "100\n1\n"
             "sh\n11\nend\n");
}

/* With maps 0 -> 100000: nobody outside, root inside, whose superblocks are the namespace's own. */
static void user_namespace(void) {
  const char *const args[] = {"sh", "-c",
                              "id -u; cat /proc/self/uid_map; (echo 5 >/proc/sys/kernel/shmmni) 2>&1; "
                              "busybox stat -c '%u %a' /tmp/made",
                              NULL};
  bed_shell(&bed, "chown -R 100000:100000 $W/image");
  bed_slots(&bed);
  container_root(SAMPLE_FLAGS | CLONE_NEWUSER);
  add_at(&d, find(&d, STEP_PIVOT_ROOT), STEP_MAKE_DIR, "tmp/made", NUMBER(0700), NUMBER(7), NUMBER(7));
  container_process(args);
  set(&d, STEP_UID, UID_UID, 0);
  set(&d, STEP_GID, GID_GID, 0);
  int ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), "fine");
  if (CHECK(ready)) {
    CHECK_TEXT(bed_status(&bed, "Uid"), "100000\t100000\t100000\t100000");
    CHECK_TEXT(bed_status(&bed, "Groups"), "100010 100020");
    CHECK_TEXT(bed_status(&bed, "CapEff"), "0000000000000401"); /* root gains nothing: no_new_privs */
    bed_finish(&bed);
    CHECK_TEXT(bed_output(&bed),
               "0\n         0     100000      65536\nsh: can't create /proc/sys/kernel/shmmni: Read-only "
               "file system\n7 700\n");
  }
  bed_shell(&bed, "chown -R 0:0 $W/image; rm -rf $W/image/tmp/made");
}

/* Without no_new_privs the filter needs CAP_SYS_ADMIN, which is given up behind it: law L27 of the launch
 * order. */
static void filter_without_no_new_privs(void) {
  const char *const args[] = {"true", NULL};
  uint64_t admin = 1ull << CAP_SYS_ADMIN;
  bed_slots(&bed);
  container_root(SAMPLE_FLAGS);
  container_process(args);
  drop(&d, STEP_NO_NEW_PRIVS);
  add_at(&d, find(&d, STEP_UID) + 1, STEP_CAPSET, admin | 0x401, admin | 0x401, NUMBER(0x400));
  move_before(&d, STEP_AMBIENT, STEP_EXEC);
  unsigned last = find_nth(&d, STEP_CAPSET, 1);
  struct draft_step capset = d.steps[last];
  draft_remove(&d, last);
  draft_insert(&d, find(&d, STEP_SECCOMP) + 1, capset);
  CHECK(bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "fine");
  CHECK_TEXT(bed_status(&bed, "NoNewPrivs"), "0");
  CHECK_TEXT(bed_status(&bed, "Seccomp"), "2");
  CHECK_TEXT(bed_status(&bed, "CapPrm"), "0000000000000400");
  CHECK_TEXT(bed_status(&bed, "CapBnd"), "0000000000000421");
  bed_kill(&bed);
}

static void listener(void) {
  static const struct sock_filter notify[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), /* the hand-over makes no call at all */
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const char *const args[] = {"true", NULL};
  bed_slots(&bed);
  container_root(SAMPLE_FLAGS);
  container_process(args);
  set(&d, STEP_SECCOMP, SECCOMP_PROGRAM, draft_blob(&d, notify, sizeof notify));
  set(&d, STEP_SECCOMP, SECCOMP_FLAGS, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  CHECK(bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "fine");
  CHECK(bed.listener >= 0);
  CHECK_TEXT(bed_status(&bed, "Seccomp"), "2");
  bed_kill(&bed);
}

/* The failure is told although the filter kills whatever is called. */
static void failure_behind_a_filter(void) {
  static const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)};
  const char *const args[] = {"true", NULL};
  bed_slots(&bed);
  container_root(SAMPLE_FLAGS);
  container_process(args);
  set(&d, STEP_SECCOMP, SECCOMP_PROGRAM, draft_blob(&d, nothing, sizeof nothing));
  CHECK(!bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "EXEC: EPERM");
  CHECK_NUMBER(bed.page->failed_step, bed.plan.header->child_steps - 1);
  CHECK(WIFSIGNALED(bed.status)); /* its exit is denied as well */
}

static void terminal(void) {
  const char *const args[] = {"sh", "-c",
                              "tty; stty size; echo to >/dev/console; busybox stat -c '%u %a' /dev/pts/0; "
                              "echo end",
                              NULL};
  char text[1024] = "";
  bed_slots(&bed);
  container_root(SAMPLE_FLAGS);
  container_process(args);
  unsigned stdio = find(&d, STEP_STDIO);
  draft_remove(&d, stdio);
  add_at(&d, stdio, STEP_TERMINAL, NUMBER(SLOT_DEVPTS), NUMBER(33), NUMBER(77), "dev/console", NUMBER(2000));
  int ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), "fine");
  if (!CHECK(ready) || !CHECK(bed.terminal >= 0)) {
    return;
  }
  CHECK(bed.page->failed == 0);
  bed_finish(&bed);
  ssize_t got = read(bed.terminal, text, sizeof text - 1);
  for (ssize_t more = got; more > 0; got += more) {
    more = read(bed.terminal, text + got, sizeof text - 1 - (size_t)got);
    if (more < 0) {
      break;
    }
  }
  CHECK_TEXT(text, "/dev/pts/0\r\n33 77\r\nto\r\n2000 620\r\nend\r\n");
}

int main(void) {
  bed_open(&bed);
  spoil_signals();
  whole_container();
  user_namespace();
  filter_without_no_new_privs();
  listener();
  failure_behind_a_filter();
  terminal();
  return check_done();
}
