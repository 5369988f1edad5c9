/* Whole launches: a container as the kernel sees it at the exec-stop, and as its program sees itself. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"

static struct bed bed;
static struct draft d;

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
    "busybox ip addr show lo | busybox grep -c 'UP';"
    "busybox cat /proc/1/comm; busybox wc -l </proc/self/mountinfo; busybox ls /dev/mqueue; echo end";

/* Root, /proc, /sys, /dev, pts and mqueue, and what is masked or read-only of what this kernel has. */
static int mounts(void) {
  const char *const covered[] = {"/proc/kcore", "/proc/keys", "/sys/firmware",
                                 "/proc/irq",   "/proc/sys",  "/proc/bus"};
  int count = 6;
  for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
    count += access(covered[i], F_OK) == 0;
  }
  return count;
}

static void whole_container(void) {
  const char *const args[] = {"sh", "-c", script, NULL};
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS);
  before_root_ends();
  add(&d, STEP_HOSTNAME, "inside");
  add(&d, STEP_DOMAINNAME, "example");
  add(&d, STEP_SYSCTL, NUMBER(SLOT_PROC), "net/ipv4/ip_forward", "1");
  container_process(&d, args);
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
  char expected[512];
  snprintf(expected, sizeof expected,
           "host=inside cwd=/tmp hello zero=sh\n"
           "2000\n3000 10 20\n"
           "0\n"
           "/proc/irq:\n\n/sys/firmware:\n"
           "sh: can't create /proc/sys/net/ipv4/ip_forward: Read-only file system\n1\n"
           "mkdir: can't create directory '/tmp/x': Operation not permitted\n"
           "sh: can't create /x: Read-only file system\n"
           "1770 2000 3000\n666 1 3\n"
           "1\n"
           "sh\n%d\nend\n",
           mounts());
  CHECK_TEXT(bed_output(&bed), expected);
}

/* With maps 0 -> 100000: nobody outside, root inside, whose superblocks are the namespace's own. */
static void user_namespace(void) {
  const char *const args[] = {"sh", "-c",
                              "id -u; cat /proc/self/uid_map; (echo 5 >/proc/sys/kernel/shmmni) 2>&1; "
                              "busybox stat -c '%u %a' /tmp/made",
                              NULL};
  bed_shell(&bed, "chown -R 100000:100000 $W/image");
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS | CLONE_NEWUSER);
  add_at(&d, find(&d, STEP_PIVOT_ROOT), STEP_MAKE_DIR, "tmp/made", NUMBER(0700), NUMBER(7), NUMBER(7));
  container_process(&d, args);
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
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
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
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
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
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
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
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
  unsigned stdio = find(&d, STEP_STDIO);
  draft_remove(&d, stdio);
  add_at(&d, stdio, STEP_TERMINAL, NUMBER(SLOT_DEVPTS), NUMBER(33), NUMBER(77), "dev/console", NUMBER(2000));
  add_at(&d, find(&d, STEP_SECCOMP), STEP_TAKE_TERMINAL);
  int ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), "fine");
  if (!CHECK(ready) || !CHECK(bed.terminal >= 0)) {
    return;
  }
  CHECK(bed.page->failed == 0);
  bed_finish(&bed);
  CHECK_TEXT(bed_terminal(&bed), "/dev/pts/0\r\n33 77\r\nto\r\n2000 620\r\nend\r\n");
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
