/* Holding, joining, and whose death the child dies with. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"

static struct bed bed;
static struct draft d;

static void open_gate_of(_Atomic uint32_t *word) {
  atomic_store(word, 1);
  syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void holding_plan(void) {
  memset(&d, 0, sizeof d);
  d.supplied = d.total = 0;
  add(&d, STEP_CLONE, NUMBER(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC), NUMBER(PLAN_SLOT_NONE));
  add(&d, STEP_CLOSE_FDS);
  add(&d, STEP_HOSTNAME, "held");
  add(&d, STEP_LOOPBACK_UP);
  add(&d, STEP_UID, NUMBER(1000)); /* clears the parent-death signal, which is set again */
  add(&d, STEP_HOLD);
}

/* Descriptors of the child beside 0, 1 and 2. */
static unsigned others(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", bed.pid);
  DIR *directory = opendir(path);
  unsigned count = 0;
  for (const struct dirent *entry; directory && (entry = readdir(directory));) {
    count += entry->d_name[0] != '.' && atoi(entry->d_name) > 2;
  }
  closedir(directory);
  return count;
}

static void holds_until_the_verdict(void) {
  bed_slots(&bed);
  holding_plan();
  CHECK(bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "fine");
  CHECK_NUMBER(others(), 0);
  struct pollfd ended = {bed.pidfd, POLLIN, 0};
  CHECK_NUMBER(poll(&ended, 1, 50), 0);
  open_gate_of(&bed.page->verdict);
  CHECK_NUMBER(poll(&ended, 1, 5000), 1);
  CHECK(waitpid(bed.pid, &bed.status, 0) == bed.pid && bed.status == 0);
  bed.pid = 0;
}

/* The launcher of an untraced child is killed: at the gate, and while it holds. */
static void dies_with_its_parent(bool gate) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t launcher = fork();
  if (launcher == 0) {
    bed_slots(&bed);
    holding_plan();
    if (gate) {
      struct plan_fault fault;
      draft_encode(&d);
      plan_verify(d.bytes, d.length, &bed.plan, &fault);
      memset(bed.page, 0, sizeof *bed.page);
      bed.page->monitor = getpid();
      pid_t child = fork();
      if (child == 0) {
        child_run(&bed.plan, bed.page, bed.slots);
      }
      usleep(50000);
    } else {
      bed_launch(&bed, &d);
    }
    kill(getpid(), SIGKILL);
  }
  int status;
  waitpid(launcher, &status, 0);
  pid_t orphan = waitpid(-1, &status, 0);
  CHECK(orphan > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int open_ns(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* Exec into a running container: joins its namespaces, takes a terminal of its devpts. */
static void joins_a_container(uint64_t user) {
  const char *const sleeper[] = {"sleep", "60", NULL};
  const char *const args[] = {"sh", "-c",
                              "hostname; tty; echo $(busybox ps -o pid,comm | busybox grep sleep)", NULL};
  static const char *const names[] = {"uts", "user", "ipc", "net", "cgroup", "mnt"};
  static const uint64_t types[] = {CLONE_NEWUTS, CLONE_NEWUSER,   CLONE_NEWIPC,
                                   CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWNS};
  static struct bed first;
  bed_shell(&bed, user ? "chown -R 100000:100000 $W/image" : "chown -R 0:0 $W/image");
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS | user);
  add(&d, STEP_HOSTNAME, "first");
  container_process(&d, sleeper);
  CHECK(bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "fine");
  bed_release(&bed);
  first = bed;
  bed.pid = 0;
  bed.pidfd = bed.output = bed.input = -1;

  bed_slots(&bed);
  memset(&d, 0, sizeof d);
  d.supplied = SLOT_PROC + 7;
  d.total = d.supplied + 1;
  uint64_t pts = d.supplied;
  bed.slots[SLOT_PROC] = open_ns(first.pid, "pid");
  add(&d, STEP_CLONE, NUMBER(0), NUMBER(PLAN_SLOT_NONE));
  add(&d, STEP_TRACE);
  add(&d, STEP_CLOSE_FDS);
  add(&d, STEP_SET_SID);
  for (unsigned i = 0; i < 6; i++) {
    if (types[i] == CLONE_NEWUSER && !user) {
      bed.slots[SLOT_PROC + 1 + i] = open_ns(first.pid, "user");
      continue;
    }
    bed.slots[SLOT_PROC + 1 + i] = open_ns(first.pid, names[i]);
    add(&d, STEP_JOIN_NS, NUMBER(SLOT_PROC + 1 + i), types[i]);
  }
  if (user) {
    add(&d, STEP_USER_NS_ROOT);
  }
  add(&d, STEP_OPEN_DIR, "dev/pts", pts);
  container_process(&d, args);
  unsigned stdio = find(&d, STEP_STDIO);
  draft_remove(&d, stdio);
  add_at(&d, stdio, STEP_TERMINAL, pts, NUMBER(0), NUMBER(0), "", NUMBER(2000));
  add_at(&d, stdio, STEP_JOIN_PID_NS, NUMBER(SLOT_PROC));
  add_at(&d, find(&d, STEP_SECCOMP), STEP_TAKE_TERMINAL);
  add_at(&d, find(&d, STEP_TAKE_TERMINAL), STEP_BIRTH);
  int ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), "fine");
  if (CHECK(ready)) {
    CHECK_NUMBER(others(), 0);
    CHECK_TEXT(bed_status(&bed, "Uid"), user ? "102000\t102000\t102000\t102000" : "2000\t2000\t2000\t2000");
    bed_finish(&bed);
    CHECK_TEXT(bed_terminal(&bed), "first\r\n/dev/pts/0\r\n1 sleep\r\n");
  }
  bed_kill(&first);
}

static void only_standard_streams_survive(void) {
  const char *const args[] = {"true", NULL};
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
  for (int i = 0; i < 30; i++) {
    CHECK(dup(0) >= 0); /* inheritable ones of whoever launches */
  }
  CHECK(bed_launch(&bed, &d));
  CHECK_NUMBER(others(), 0);
  bed_kill(&bed);
}

int main(void) {
  bed_open(&bed);
  holds_until_the_verdict();
  dies_with_its_parent(true);
  dies_with_its_parent(false);
  joins_a_container(0);
  joins_a_container(CLONE_NEWUSER);
  only_standard_streams_survive();
  return check_done();
}
