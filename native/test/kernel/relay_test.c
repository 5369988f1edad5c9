/* A monitor after the release: engines that come and go, the end and its record, what it has given up. Its
 * log: relay_log_test.c. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "running.h"

/* Shows namespaces of the caller, but for those of another process. */
static void show(int control, unsigned first, unsigned count, pid_t other) {
  static const char *const names[] = {"user", "pid", "mnt"};
  struct message_header header = {MSG_SHOW, PROTOCOL_VERSION, sizeof header};
  int fds[3];
  for (unsigned i = 0; i < count; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", i == 2 && other > 0 ? other : getpid(), names[first + i]);
    fds[i] = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fds[i] >= 0);
  }
  send_bytes(control, &header, sizeof header, fds, count);
  for (unsigned i = 0; i < count; i++) {
    close(fds[i]);
  }
}

static int connect_unknown(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", in_dir(&engine, "control.sock"));
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
  return fd;
}

static int connect_control(void) {
  int control = connect_unknown();
  show(control, 0, 3, 0);
  return control;
}

static void has_confined_itself(void) {
  struct running running = run("wait");
  CHECK_TEXT(status_of(running.monitor, "Name"), "warden:monitor");
  CHECK_TEXT(status_of(running.monitor, "CapPrm"), "0000000000000000");
  CHECK_TEXT(status_of(running.monitor, "CapEff"), "0000000000000000");
  CHECK_TEXT(status_of(running.monitor, "CapBnd"), "0000000000000000");
  CHECK_TEXT(status_of(running.monitor, "NoNewPrivs"), "1");
  CHECK_TEXT(status_of(running.monitor, "Seccomp"), "2");
  char path[64];
  unsigned count = 0;
  for (int fd = 3; fd < 256; fd++) {
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", running.monitor, fd);
    count += lstat(path, &status) == 0;
  }
  CHECK_NUMBER(count, 10); /* signals, pidfd, launch, control, stdin, stdout, stderr, log, exits, record */
  snprintf(path, sizeof path, "/proc/%d/maps", running.monitor);
  CHECK(strstr(text_of(path), "memfd:plan") == NULL);
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", running.monitor);
  const char *pss = strstr(text_of(path), "\nPss:");
  CHECK(pss != NULL && atoi(pss + 5) > 0 && atoi(pss + 5) < 1024);
  send_request(running.socket, MSG_CLOSE_STDIN, -1);
  expect_done(running.socket, MSG_CLOSE_STDIN, 0);
  EXPECT(running.socket, &answer, MSG_EXITED);
  CHECK(strstr(log_text(), "stdout F waiting\n") != NULL &&
        strstr(log_text(), "stdout F end of input\n") != NULL);
  stop_looking(&running);
}

static void engines_come_and_go(void) {
  struct running running = run("wait");
  stop_looking(&running);
  int control = connect_control();
  if (EXPECT(control, &answer, MSG_STATE)) {
    CHECK_NUMBER(answer.state.pid, running.child);
    CHECK_NUMBER(answer.state.exited, 0);
    struct pollfd alive = {answer.fd, POLLIN, 0};
    CHECK(answer.fd >= 0 && poll(&alive, 1, 0) == 0);
    close(answer.fd);
  }
  int second = connect_control();
  EXPECT(second, &answer, MSG_STATE);
  CHECK_NUMBER(receive(control, &answer), 0); /* replaced */
  close(control);
  send_bytes(second, "nonsense", 8, NULL, 0);
  CHECK_NUMBER(receive(second, &answer), 0);
  close(second);
  second = connect_control();
  EXPECT(second, &answer, MSG_STATE);
  send_verdict(second, false); /* too late for one */
  CHECK_NUMBER(receive(second, &answer), 0);
  close(second);
  CHECK(kill(running.child, 0) == 0);
  control = connect_control();
  EXPECT(control, &answer, MSG_STATE);
  kill(running.child, SIGTERM);
  if (EXPECT(control, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, SIGTERM);
  }
  CHECK_NUMBER(receive(control, &answer), 0);
  close(control);
  CHECK(gone_soon(running.monitor));
}

static void ends_without_an_engine(void) {
  unlink(in_dir(&engine, "exits/c1"));
  struct running running = run("abort");
  stop_looking(&running);
  CHECK(gone_soon(running.monitor));
  CHECK(strncmp(text_of(in_dir(&engine, "exits/c1")), "status 6\n", 9) == 0 ||
        strncmp(text_of(in_dir(&engine, "exits/c1")), "status 134\n", 11) == 0);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void leftovers_do_not_delay_the_end(void) {
  int64_t start = now_ms();
  struct running running = run("leftover");
  EXPECT(running.socket, &answer, MSG_EXITED);
  CHECK(now_ms() - start < 1500);
  CHECK(strstr(log_text(), "before") != NULL);
  stop_looking(&running);
}

static void orphans_are_not_the_child(void) {
  struct running running = run("orphans");
  if (EXPECT(running.socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 7 << 8);
  }
  stop_looking(&running);
}

/* A memory.events that tells of kills before the start and of one more at the end. */
static void counts_oom_kills(void) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS + 1];
  program_draft(&engine, &draft, &(struct program_plan){.word = "wait"});
  program_slots(&engine, slots);
  add_at(&draft, 1, STEP_MEMORY_EVENTS, NUMBER(PROGRAM_SLOTS));
  draft.supplied = draft.total = PROGRAM_SLOTS + 1;
  int events = memfd_create("memory.events", MFD_CLOEXEC);
  static const char before[] = "low 0\nhigh 0\nmax 4\noom 2\noom_kill 2\noom_group_kill 0\n";
  static const char after[] = "low 0\nhigh 0\nmax 9\noom 3\noom_kill 3\noom_group_kill 0\n";
  CHECK(pwrite(events, before, sizeof before - 1, 0) > 0);
  slots[PROGRAM_SLOTS] = fcntl(events, F_DUPFD_CLOEXEC, 3);
  struct running running = run_slots(&draft, slots, PROGRAM_SLOTS + 1);
  CHECK(pwrite(events, after, sizeof after - 1, 0) > 0);
  kill(running.child, SIGKILL);
  if (EXPECT(running.socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.oom_kills, 1);
    CHECK_NUMBER(answer.exited.status, SIGKILL);
  }
  stop_looking(&running);
  close(events);
}

/* A launch socket that nobody reads does not stop the container, nor does a peer that is not root. */
static void strangers_are_turned_away(void) {
  struct running running = run("wait");
  chmod(engine.dir, 0755);
  chmod(in_dir(&engine, "control.sock"), 0666);
  pid_t stranger = fork();
  if (stranger == 0) {
    if (setuid(1000) != 0) {
      _exit(2);
    }
    int fd = connect_unknown();
    _exit(receive(fd, &answer) == 0 ? 0 : 1);
  }
  int status;
  waitpid(stranger, &status, 0);
  CHECK_NUMBER(status, 0);
  kill(running.child, SIGKILL);
  EXPECT(running.socket, &answer, MSG_EXITED);
  stop_looking(&running);
}

/* Root of a container is not turned away by its uid, and has none of these namespaces to show. */
static void who_shows_other_namespaces_is_turned_away(void) {
  struct running running = run("wait");
  int control = connect_control();
  EXPECT(control, &answer, MSG_STATE);
  int silent = connect_unknown();
  int requests = connect_unknown();
  CHECK_NUMBER(receive(silent, &answer), 0); /* one at a time */
  send_request(requests, MSG_REOPEN_LOG, 0);
  CHECK_NUMBER(receive(requests, &answer), 0);
  int fewer = connect_unknown();
  show(fewer, 1, 2, 0);
  CHECK_NUMBER(receive(fewer, &answer), 0);
  int contained = connect_unknown();
  show(contained, 0, 3, running.child);
  CHECK_NUMBER(receive(contained, &answer), 0);
  send_request(control, MSG_CLOSE_STDIN, -1);
  expect_done(control, MSG_CLOSE_STDIN, 0); /* the engine before them is still heard */
  close(silent);
  close(requests);
  close(fewer);
  close(contained);
  close(control);
  EXPECT(running.socket, &answer, MSG_EXITED);
  stop_looking(&running);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  has_confined_itself();
  engines_come_and_go();
  ends_without_an_engine();
  leftovers_do_not_delay_the_end();
  orphans_are_not_the_child();
  counts_oom_kills();
  strangers_are_turned_away();
  who_shows_other_namespaces_is_turned_away();
  engine_stop(&engine);
  return check_done();
}
