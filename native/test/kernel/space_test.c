/* Namespaces, cgroups, terminals and listeners: what the monitor does around the clone, and pod init. */
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"

#define SLOT_DEVPTS PROGRAM_SLOTS

static struct engine engine;
static struct answer answer;
static struct draft draft;

static const char *proc_text(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return text_of(path);
}

static int namespace_fd(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

static bool same_namespace(pid_t one, pid_t other, const char *name) {
  struct stat a;
  struct stat b;
  int fd_a = namespace_fd(one, name);
  int fd_b = namespace_fd(other, name);
  CHECK(fstat(fd_a, &a) == 0 && fstat(fd_b, &b) == 0);
  close(fd_a);
  close(fd_b);
  return a.st_ino == b.st_ino;
}

static int run_in_user_namespace(void) {
  int slots[PROGRAM_SLOTS];
  program_draft(&engine, &draft,
                &(struct program_plan){.word = "wait", .flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC});
  add_at(&draft, 1, STEP_ID_MAPS, "0 200000 65536\n", "0 200000 65536\n", NUMBER(1));
  add_at(&draft, find(&draft, STEP_PIVOT_ROOT), STEP_USER_NS_ROOT);
  program_slots(&engine, slots);
  return launch(&engine, &draft, slots, PROGRAM_SLOTS);
}

/* An exec into it: the user namespace is entered before the clone, the others by the child. */
static int exec_into(pid_t target, const char *word) {
  int slots[PROGRAM_SLOTS];
  const char *const args[] = {"/program", word, NULL};
  const char *const env[] = {"HOME=/", NULL};
  program_draft(&engine, &draft, &(struct program_plan){.word = word});
  program_slots(&engine, slots);
  enum { SLOT_USER = SLOT_ROOT, SLOT_PID = SLOT_CONTROL_SOCKET, SLOT_MOUNTS = SLOT_EXITS };
  const int replaced[] = {SLOT_USER, SLOT_PID, SLOT_MOUNTS};
  const char *const names[] = {"user", "pid", "mnt"};
  for (int i = 0; i < 3; i++) {
    close(slots[replaced[i]]);
    slots[replaced[i]] = namespace_fd(target, names[i]);
  }
  drop(&draft, STEP_CLONE);
  drop(&draft, STEP_EXIT_RECORD);
  drop(&draft, STEP_CONTROL);
  drop(&draft, STEP_PROPAGATION);
  drop(&draft, STEP_USE_ROOT);
  drop(&draft, STEP_PIVOT_ROOT);
  drop(&draft, STEP_EXEC);
  add_at(&draft, 0, STEP_JOIN_USER_NS, NUMBER(SLOT_USER));
  add_at(&draft, 1, STEP_CLONE, NUMBER(0), NO_SLOT);
  add_at(&draft, find(&draft, STEP_STDIO), STEP_JOIN_NS, NUMBER(SLOT_MOUNTS), NUMBER(CLONE_NEWNS));
  add_at(&draft, find(&draft, STEP_STDIO), STEP_JOIN_PID_NS, NUMBER(SLOT_PID));
  add(&draft, STEP_BIRTH);
  add(&draft, STEP_EXEC, args, env);
  return launch(&engine, &draft, slots, PROGRAM_SLOTS);
}

static void user_namespaces(void) {
  int socket = run_in_user_namespace();
  if (!EXPECT(socket, &answer, MSG_STOPPED)) {
    return;
  }
  pid_t init = answer.stopped.pid;
  CHECK(!same_namespace(init, getpid(), "user") && !same_namespace(init, getpid(), "pid"));
  CHECK_TEXT(status_of(init, "Uid"), "200000\t200000\t200000\t200000");
  CHECK(strstr(proc_text(init, "gid_map"), "200000") != NULL);
  CHECK_TEXT(proc_text(init, "setgroups"), "allow\n");
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);

  int second = exec_into(init, "hello");
  if (EXPECT(second, &answer, MSG_STOPPED)) {
    pid_t child = answer.stopped.pid;
    CHECK(same_namespace(child, init, "user") && same_namespace(child, init, "pid") &&
          same_namespace(child, init, "mnt"));
    CHECK(strncmp(status_of(parent_of(child), "Name"), "warden:monitor", 14) == 0);
    CHECK(strncmp(status_of(child, "NSpid"), "", 1) != 0);
    send_verdict(second, true);
    EXPECT(second, &answer, MSG_RUNNING);
    if (EXPECT(second, &answer, MSG_EXITED)) {
      CHECK_NUMBER(answer.exited.status, 3 << 8);
    }
  }
  close(second);
  second = exec_into(init, "hello"); /* refused: the joined child dies, the container does not */
  EXPECT(second, &answer, MSG_STOPPED);
  pid_t child = answer.stopped.pid;
  send_verdict(second, false);
  EXPECT(second, &answer, MSG_FAILED);
  CHECK(gone_soon(child));
  CHECK(kill(init, 0) == 0);
  close(second);

  kill(init, SIGKILL);
  EXPECT(socket, &answer, MSG_EXITED);
  close(socket);
}

/* The stage that joins the user namespace is where it fails: a namespace of another kind. */
static void failed_stage_is_named(void) {
  memset(&draft, 0, sizeof draft);
  draft.supplied = draft.total = 1;
  add(&draft, STEP_JOIN_USER_NS, NUMBER(0));
  add(&draft, STEP_CLONE, NUMBER(0), NO_SLOT);
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  int slot = namespace_fd(getpid(), "uts");
  int socket = launch(&engine, &draft, &slot, 1);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_MONITOR);
    CHECK_NUMBER(answer.failed.step, 1);
    CHECK_NUMBER(answer.failed.code, STEP_CLONE);
    CHECK_NUMBER(answer.failed.error, 22);
  }
  close(socket);
}

static void bad_id_map_is_named(void) {
  memset(&draft, 0, sizeof draft);
  add(&draft, STEP_CLONE, NUMBER(CLONE_NEWUSER), NO_SLOT);
  add(&draft, STEP_ID_MAPS, "0 1000 10\n0 2000 10\n", "0 1000 10\n", NUMBER(0));
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  int socket = launch(&engine, &draft, NULL, 0);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_MONITOR);
    CHECK_NUMBER(answer.failed.code, STEP_ID_MAPS);
    CHECK_NUMBER(answer.failed.error, 22);
  }
  close(socket);
}

static void terminals(void) {
  const char *const pts[] = {"newinstance", "ptmxmode=0666", "mode=0620", NULL};
  int slots[PROGRAM_SLOTS];
  program_draft(&engine, &draft, &(struct program_plan){.word = "size"});
  drop(&draft, STEP_LOG);
  drop(&draft, STEP_STDIN);
  drop(&draft, STEP_STDIO);
  add_at(&draft, find(&draft, STEP_EXIT_RECORD), STEP_TERMINAL_LOG, NUMBER(SLOT_LOG_FILE));
  add_at(&draft, find(&draft, STEP_USE_ROOT), STEP_MOUNT_FS, "devpts", pts, NUMBER(MOUNT_ATTR_NOSUID),
         NUMBER(SLOT_DEVPTS));
  add_at(&draft, find(&draft, STEP_PIVOT_ROOT), STEP_ATTACH, NUMBER(SLOT_DEVPTS), "dev/pts", NUMBER(1),
         NUMBER(0));
  add_at(&draft, find(&draft, STEP_PIVOT_ROOT) + 1, STEP_TERMINAL, NUMBER(SLOT_DEVPTS), NUMBER(24),
         NUMBER(80), "", NUMBER(0));
  add_at(&draft, find(&draft, STEP_EXEC), STEP_TAKE_TERMINAL);
  draft.total = PROGRAM_SLOTS + 1;
  program_slots(&engine, slots);
  /* The terminal's own input is how the test speaks to the program: it takes the master out of the monitor.
   */
  int socket = launch(&engine, &draft, slots, PROGRAM_SLOTS);
  if (!EXPECT(socket, &answer, MSG_STOPPED)) {
    return;
  }
  pid_t child = answer.stopped.pid;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/root/dev/pts/0", child);
  int peer = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(peer >= 0);
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  struct msg_resize resize = {{MSG_RESIZE, PROTOCOL_VERSION, sizeof resize}, 0, 132, 0};
  send_bytes(socket, &resize, sizeof resize, NULL, 0); /* not a size: no change */
  EXPECT(socket, &answer, MSG_DONE);
  CHECK_NUMBER(answer.done.error, 0);
  resize.rows = 50;
  send_bytes(socket, &resize, sizeof resize, NULL, 0);
  EXPECT(socket, &answer, MSG_DONE);
  CHECK_NUMBER(answer.done.error, 0);
  struct winsize {
    unsigned short rows, columns, x, y;
  } size = {0};
  CHECK(syscall(SYS_ioctl, peer, 0x5413 /* TIOCGWINSZ */, &size) == 0);
  CHECK_NUMBER(size.rows, 50);
  CHECK_NUMBER(size.columns, 132);
  CHECK(write(peer, "spoken\n", 7) == 7); /* as if the program wrote */
  close(peer);
  usleep(50000);
  kill(child, SIGHUP);
  EXPECT(socket, &answer, MSG_EXITED);
  CHECK(strstr(text_of(in_dir(&engine, "log")), " stdout F spoken\r\n") != NULL);
  close(socket);
}

static void listeners(void) {
  static const uint64_t filter[] = {0x7fff000000000006};
  int socket = program_launch(
      &engine,
      &(struct program_plan){
          .word = "hello", .filter = filter, .filter_length = 8, .filter_flags = 8 /* NEW_LISTENER */});
  if (EXPECT(socket, &answer, MSG_LISTENER)) {
    char path[40];
    char link[64] = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", answer.fd);
    CHECK(readlink(path, link, sizeof link - 1) > 0);
    CHECK_TEXT(link, "anon_inode:seccomp notify");
    close(answer.fd);
  }
  EXPECT(socket, &answer, MSG_FILTER);
  EXPECT(socket, &answer, MSG_STOPPED);
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 3 << 8);
  }
  close(socket);
}

/* Pid 1 of a pod: reaps what others leave to it, and ends when told. */
static void pod_init(void) {
  const char *const args[] = {"warden", "init", NULL};
  const char *const none[] = {NULL};
  int slots[PROGRAM_SLOTS];
  program_draft(&engine, &draft, &(struct program_plan){.word = "", .flags = CLONE_NEWPID, .uid = 65535});
  drop(&draft, STEP_EXEC);
  drop(&draft, STEP_RESOLVE);
  drop(&draft, STEP_STDIO);
  drop(&draft, STEP_LOG);
  drop(&draft, STEP_STDIN);
  add(&draft, STEP_EXEC_FD, NUMBER(SLOT_WRITE_IN), args, none);
  program_slots(&engine, slots);
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/exe", engine.pid);
  close(slots[SLOT_WRITE_IN]);
  slots[SLOT_WRITE_IN] = open(path, O_RDONLY | O_CLOEXEC);
  int socket = launch(&engine, &draft, slots, PROGRAM_SLOTS);
  if (!EXPECT(socket, &answer, MSG_STOPPED)) {
    return;
  }
  pid_t init = answer.stopped.pid;
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  for (int i = 0; i < 100 && strcmp(status_of(init, "Seccomp"), "2") != 0; i++) {
    usleep(5000);
  }
  CHECK_TEXT(status_of(init, "Seccomp"), "2");
  CHECK_TEXT(status_of(init, "Uid"), "65535\t65535\t65535\t65535");
  CHECK_TEXT(status_of(init, "CapEff"), "0000000000000000");
  struct stat fd;
  snprintf(path, sizeof path, "/proc/%d/fd/0", init);
  CHECK(lstat(path, &fd) != 0);
  int pids = namespace_fd(init, "pid");
  pid_t guest = fork();
  if (guest == 0) { /* leaves an orphan in the namespace, which ends */
    if (syscall(SYS_setns, pids, CLONE_NEWPID) != 0) {
      _exit(1);
    }
    pid_t inside = fork();
    if (inside == 0) {
      _exit(fork() == 0 ? 42 : 0);
    }
    waitpid(inside, NULL, 0);
    _exit(0);
  }
  int status;
  waitpid(guest, &status, 0);
  close(pids);
  CHECK_NUMBER(status, 0);
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", init, init);
  for (int i = 0; i < 100 && text_of(path)[0] != '\0'; i++) {
    usleep(5000);
  }
  CHECK_TEXT(text_of(path), "");
  CHECK(kill(init, SIGTERM) == 0);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
  }
  close(socket);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  user_namespaces();
  failed_stage_is_named();
  bad_id_map_is_named();
  terminals();
  listeners();
  pod_init();
  engine_stop(&engine);
  return check_done();
}
