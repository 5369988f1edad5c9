/* A monitor after the release: the log, engines that come and go, the end and its record, what it has given
 * up. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

static struct engine engine;
static struct answer answer;

struct running {
  int socket;
  int pidfd;
  pid_t child;
  pid_t monitor;
};

static struct running run_slots(struct draft *draft, const int *slots, unsigned count) {
  struct running running = {-1, -1, 0, 0};
  running.socket = launch(&engine, draft, slots, count);
  if (EXPECT(running.socket, &answer, MSG_STOPPED)) {
    running.pidfd = answer.fd;
    running.child = answer.stopped.pid;
    running.monitor = parent_of(running.child);
    send_verdict(running.socket, true);
    EXPECT(running.socket, &answer, MSG_RUNNING);
  }
  return running;
}

static struct running run(const char *word) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS];
  program_draft(&engine, &draft, &(struct program_plan){.word = word});
  program_slots(&engine, slots);
  return run_slots(&draft, slots, PROGRAM_SLOTS);
}

static void stop_looking(struct running *running) {
  close(running->socket);
  close(running->pidfd);
}

static const char *log_text(void) { return text_of(in_dir(&engine, "log")); }

static bool says_soon(const char *log, const char *words) {
  for (int i = 0; i < 200; i++) {
    if (strstr(text_of(in_dir(&engine, log)), words) != NULL) {
      return true;
    }
    usleep(10000);
  }
  return false;
}

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

static void expect_done(int socket, int type, int error) {
  if (EXPECT(socket, &answer, MSG_DONE)) {
    CHECK_NUMBER(answer.done.type, type);
    CHECK_NUMBER(answer.done.error, error);
  }
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

static void reopens_the_log(void) {
  struct running running = run("wait");
  CHECK(says_soon("log", "waiting"));
  CHECK(rename(in_dir(&engine, "log"), in_dir(&engine, "log.1")) == 0);
  int log = open(in_dir(&engine, "log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  send_request(running.socket, MSG_REOPEN_LOG, log);
  close(log);
  expect_done(running.socket, MSG_REOPEN_LOG, 0);
  send_request(running.socket, MSG_REOPEN_LOG, -1);
  expect_done(running.socket, MSG_REOPEN_LOG, 22);
  send_request(running.socket, MSG_CLOSE_STDIN, -1);
  expect_done(running.socket, MSG_CLOSE_STDIN, 0);
  EXPECT(running.socket, &answer, MSG_EXITED);
  CHECK(strstr(log_text(), "end of input") != NULL && strstr(log_text(), "waiting") == NULL);
  CHECK(strstr(text_of(in_dir(&engine, "log.1")), "waiting") != NULL);
  stop_looking(&running);
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

static void loses_no_line(void) {
  struct running running = run("much");
  EXPECT(running.socket, &answer, MSG_EXITED);
  struct stat log;
  CHECK(stat(in_dir(&engine, "log"), &log) == 0);
  CHECK_NUMBER(log.st_size, 20000 * (40 + 101));
  stop_looking(&running);
}

/* A program with its log on a file system of its own, and the test's ends of its input and output. */
static struct running run_on(const char *options, const char *word, int *input, int *output) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS];
  const char *full = in_dir(&engine, "full");
  CHECK((mkdir(full, 0700) == 0 || errno == EEXIST) && mount("tmpfs", full, "tmpfs", 0, options) == 0);
  program_draft(&engine, &draft, &(struct program_plan){.word = word});
  program_slots(&engine, slots);
  close(slots[SLOT_LOG_FILE]);
  slots[SLOT_LOG_FILE] = open(in_dir(&engine, "full/log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  *input = fcntl(slots[SLOT_WRITE_IN], F_DUPFD_CLOEXEC, 3);
  *output = fcntl(slots[SLOT_READ_OUT], F_DUPFD_CLOEXEC, 3);
  return run_slots(&draft, slots, PROGRAM_SLOTS);
}

static void end_on_it(struct running *running, int input, int output) {
  close(input);
  close(output);
  stop_looking(running);
  CHECK(gone_soon(running->monitor));
  CHECK(umount2(in_dir(&engine, "full"), MNT_DETACH) == 0);
}

/* The program ends as ever; what is in the log and what is told to be lost are all that it wrote. */
static void outlives_a_full_disk(const char *options, int error) {
  int input;
  int output;
  struct running running = run_on(options, "much", &input, &output);
  struct stat log;
  if (EXPECT(running.socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
    CHECK_NUMBER(answer.exited.log_error, error);
    CHECK(stat(in_dir(&engine, "full/log"), &log) == 0 && log.st_size > 500000 && log.st_size <= 1 << 20);
    CHECK_NUMBER(log.st_size + answer.exited.log_lost_bytes, 20000 * (40 + 101));
    CHECK(answer.exited.log_lost_records > 20000 - (1 << 20) / 141 - 1);
  }
  char expected[128];
  snprintf(expected, sizeof expected,
           "log_lost_records %" PRIu64 "\nlog_lost_bytes %" PRIu64 "\nlog_error %d\n",
           answer.exited.log_lost_records, answer.exited.log_lost_bytes, error);
  CHECK(strstr(text_of(in_dir(&engine, "exits/c1")), expected) != NULL);
  end_on_it(&running, input, output);
}

static void feed(int input, const char *line, unsigned times) {
  for (unsigned i = 0; i < times; i++) {
    CHECK(write(input, line, strlen(line)) == (ssize_t)strlen(line));
  }
}

static void fill_up(const char *path) {
  static const char page[4096];
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  while (write(fd, page, sizeof page) > 0) {
  }
  close(fd);
}

static uint64_t lines_with(const char *text, const char *words) {
  uint64_t count = 0;
  while ((text = strstr(text, words)) != NULL) {
    count++;
    text++;
  }
  return count;
}

#define LOST_LINES 5000

/* Until the program and the monitor have taken it all. */
static void await_empty(int input, int output) {
  int in = 1;
  int out = 1;
  for (int i = 0; i < 500 && in + out > 0; i++) {
    usleep(10000);
    CHECK(ioctl(input, FIONREAD, &in) == 0 && ioctl(output, FIONREAD, &out) == 0);
  }
  usleep(50000);
}

static void tells_of_the_gap_when_there_is_room(void) {
  int input;
  int output;
  struct running running = run_on("size=64k", "wait", &input, &output);
  CHECK(says_soon("full/log", "waiting"));
  fill_up(in_dir(&engine, "full/filler"));
  static char line[101];
  memset(line, 'l', sizeof line - 1);
  line[99] = '\n';
  feed(input, line, LOST_LINES);
  await_empty(input, output);
  CHECK(unlink(in_dir(&engine, "full/filler")) == 0);
  feed(input, "room again\n", 1);
  close(input);
  input = -1;
  send_request(running.socket, MSG_CLOSE_STDIN, -1);
  expect_done(running.socket, MSG_CLOSE_STDIN, 0);
  uint64_t lost = 0;
  if (EXPECT(running.socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
    CHECK_NUMBER(answer.exited.log_error, ENOSPC);
    lost = answer.exited.log_lost_records;
  }
  char note[128];
  const char *text = text_of(in_dir(&engine, "full/log"));
  snprintf(note, sizeof note, " stderr F stockade: %" PRIu64 " records (%" PRIu64 " bytes) are missing here",
           lost, answer.exited.log_lost_bytes);
  CHECK(lost > LOST_LINES / 2 && strstr(text, note) != NULL);
  CHECK(strstr(text, "stdout F room again\n") != NULL && strstr(text, "stdout F end of input\n") != NULL);
  CHECK_NUMBER(lines_with(text, line) + lost, LOST_LINES);
  end_on_it(&running, input, output);
}

static void outlives_failing_writes(void) {
  outlives_a_full_disk("size=1m", ENOSPC);
  const char *const quota = "usrquota,usrquota_block_hardlimit=1m";
  if (mount("tmpfs", in_dir(&engine, "full"), "tmpfs", 0, quota) == 0) {
    CHECK(umount(in_dir(&engine, "full")) == 0);
    outlives_a_full_disk(quota, EDQUOT);
  } else {
    puts("tmpfs has no quotas here: only a full disk is tried");
  }
  tells_of_the_gap_when_there_is_room();
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
  reopens_the_log();
  leftovers_do_not_delay_the_end();
  orphans_are_not_the_child();
  loses_no_line();
  outlives_failing_writes();
  counts_oom_kills();
  strangers_are_turned_away();
  who_shows_other_namespaces_is_turned_away();
  engine_stop(&engine);
  return check_done();
}
