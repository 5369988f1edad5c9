/* From a plan to a running process, or to none: the whole way through serve and monitor, on this kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"

static struct engine engine;
static struct answer answer;

static ino_t namespace_of(const char *process, const char *name) {
  char path[64];
  struct stat ns = {0};
  snprintf(path, sizeof path, "/proc/%s/ns/%s", process, name);
  CHECK(stat(path, &ns) == 0);
  return ns.st_ino;
}

static int launch_holder(uint64_t flags) {
  static struct draft draft;
  memset(&draft, 0, sizeof draft);
  add(&draft, STEP_CLONE, flags, NO_SLOT);
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  return launch(&engine, &draft, NULL, 0);
}

static void holds_namespaces(void) {
  int socket = launch_holder(CLONE_NEWUTS | CLONE_NEWIPC);
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", answer.stopped.pid);
    CHECK(answer.fd >= 0);
    CHECK_NUMBER(answer.stopped.traced, 0);
    CHECK(namespace_of(pid, "uts") != namespace_of("self", "uts"));
    CHECK(namespace_of(pid, "ipc") != namespace_of("self", "ipc"));
    CHECK(namespace_of(pid, "net") == namespace_of("self", "net"));
    close(answer.fd);
  }
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
  }
  CHECK_NUMBER(receive(socket, &answer), 0);
  close(socket);
}

static void holder_is_killed(void) {
  int socket = launch_holder(CLONE_NEWUTS);
  EXPECT(socket, &answer, MSG_STOPPED);
  pid_t child = answer.stopped.pid;
  send_verdict(socket, false);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_VERDICT);
    CHECK_NUMBER(kill(child, 0), -1);
  }
  close(socket);

  socket = launch_holder(CLONE_NEWUTS);
  EXPECT(socket, &answer, MSG_STOPPED);
  child = answer.stopped.pid;
  close(socket); /* the engine dies */
  CHECK(gone_soon(child));
}

static int launch_scored(uint64_t user, int64_t score, uint16_t tolerate) {
  static struct draft draft;
  memset(&draft, 0, sizeof draft);
  add(&draft, STEP_CLONE, CLONE_NEWUTS | user, NO_SLOT);
  if (user) {
    add(&draft, STEP_ID_MAPS, "0 200000 65536\n", "0 200000 65536\n", NUMBER(1));
  }
  add(&draft, STEP_OOM_SCORE_ADJ, NUMBER(score));
  draft.steps[draft.count - 1].tolerate = tolerate;
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  return launch(&engine, &draft, NULL, 0);
}

static void has_score(uint64_t user, long score, uint16_t tolerate, long expected) {
  char path[64];
  int socket = launch_scored(user, score, tolerate);
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", answer.stopped.pid);
    CHECK_NUMBER(strtol(text_of(path), NULL, 10), expected);
  }
  close(socket);
}

/* proc_pid_oom_score_adj(5): to lower it takes CAP_SYS_RESOURCE, and not one of a user namespace. */
static void scores_of_the_oom_killer(void) {
  static const uint64_t users[] = {0, CLONE_NEWUSER};
  long own = strtol(text_of("/proc/self/oom_score_adj"), NULL, 10);
  for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
    has_score(users[i], 1000, 0, 1000);
    if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1) {
      has_score(users[i], -1000, 0, -1000);
      continue;
    }
    has_score(users[i], -1000, EACCES, own);
    int socket = launch_scored(users[i], -1000, 0);
    if (EXPECT(socket, &answer, MSG_FAILED)) {
      CHECK_NUMBER(answer.failed.phase, PHASE_MONITOR);
      CHECK_NUMBER(answer.failed.code, STEP_OOM_SCORE_ADJ);
      CHECK_NUMBER(answer.failed.error, EACCES);
    }
    close(socket);
  }
}

static const char *log_text(void) { return text_of(in_dir(&engine, "log")); }

/* The log without its times, which are checked to be of one form. */
static const char *log_lines(void) {
  static char lines[65536];
  char *to = lines;
  for (const char *from = log_text(); *from != '\0';) {
    CHECK(strlen(from) > 31 && from[10] == 'T' && from[29] == 'Z' && from[30] == ' ');
    size_t length = strcspn(from, "\n") + 1;
    memcpy(to, from + 31, length - 31);
    to += length - 31;
    from += length;
  }
  *to = '\0';
  return lines;
}

static void runs_a_program(void) {
  int socket = program_launch(&engine, &(struct program_plan){.word = "hello"});
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    pid_t child = answer.stopped.pid;
    CHECK_NUMBER(answer.stopped.traced, 1);
    CHECK_NUMBER(answer.stopped.filters, 0);
    CHECK_NUMBER(answer.stopped.degraded_count, 0);
    CHECK_TEXT(status_of(child, "Name"), "program");
    CHECK(status_of(child, "State")[0] == 't');
    CHECK_TEXT(status_of(child, "NoNewPrivs"), "1");
    CHECK_TEXT(log_text(), ""); /* not one instruction yet */
    close(answer.fd);
  }
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 3 << 8);
    char record[192];
    snprintf(record, sizeof record,
             "status %d\noom_kills 0\ntime_ns %lld\nlog_lost_records 0\nlog_lost_bytes 0\nlog_error 0\n",
             3 << 8, (long long)answer.exited.time_ns);
    CHECK_TEXT(text_of(in_dir(&engine, "exits/c1")), record);
    CHECK_TEXT(text_of(in_dir(&engine, "exits/.c1.new")), "");
  }
  const char *lines = log_lines();
  CHECK(strcmp(lines, "stdout F hello\nstderr F oops\n") == 0 ||
        strcmp(lines, "stderr F oops\nstdout F hello\n") == 0);
  CHECK_NUMBER(receive(socket, &answer), 0);
  close(socket);
}

static void program_is_killed(void) {
  for (int hang_up = 0; hang_up < 2; hang_up++) {
    int socket = program_launch(&engine, &(struct program_plan){.word = "hello", .uid = 1000});
    EXPECT(socket, &answer, MSG_STOPPED);
    pid_t child = answer.stopped.pid;
    pid_t monitor = parent_of(child);
    if (!hang_up) {
      send_verdict(socket, false);
      EXPECT(socket, &answer, MSG_FAILED);
      CHECK_NUMBER(answer.failed.phase, PHASE_VERDICT);
    }
    close(socket);
    CHECK(gone_soon(child));
    CHECK(gone_soon(monitor));
    CHECK_TEXT(log_text(), "");
    CHECK_TEXT(text_of(in_dir(&engine, "exits/c1")), "");
  }
}

static void monitor_death_kills(void) {
  int socket = program_launch(&engine, &(struct program_plan){.word = "hello"});
  EXPECT(socket, &answer, MSG_STOPPED);
  pid_t child = answer.stopped.pid;
  kill(parent_of(child), SIGKILL);
  CHECK(gone_soon(child));
  CHECK_TEXT(log_text(), "");
  CHECK_NUMBER(receive(socket, &answer), 0);
  close(socket);
}

static void killed_at_the_stop(void) {
  int socket = program_launch(&engine, &(struct program_plan){.word = "hello"});
  EXPECT(socket, &answer, MSG_STOPPED);
  kill(answer.stopped.pid, SIGKILL);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_EXEC_KILLED);
    CHECK_NUMBER(answer.failed.error, SIGKILL);
  }
  close(socket);
}

/* A filter that kills at execve: the child never gets to its program. */
static void killed_before_exec(void) {
  static const uint64_t filter[] = {0x0000000000000020, /* ld nr */
                                    0x0000003b00010015, /* jeq execve (x86_64) */
                                    0x7fff000000000006, 0x8000000000000006};
  static const uint64_t filter_arm64[] = {0x0000000000000020, 0x000000dd00010015, 0x7fff000000000006,
                                          0x8000000000000006};
#ifdef __aarch64__
  const uint64_t *code = filter_arm64;
#else
  const uint64_t *code = filter;
#endif
  (void)filter_arm64;
  (void)filter;
  int socket =
      program_launch(&engine, &(struct program_plan){.word = "hello", .filter = code, .filter_length = 32});
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_EXEC_KILLED);
    CHECK_NUMBER(answer.failed.error & 0x7f, SIGSYS);
  }
  close(socket);
}

static void filters_are_reported(void) {
  static const uint64_t filter[] = {0x0000000000000020, 0x7fff000000000006};
  int socket =
      program_launch(&engine, &(struct program_plan){.word = "hello", .filter = filter, .filter_length = 16});
  if (EXPECT(socket, &answer, MSG_FILTER)) {
    uint32_t head[2];
    memcpy(head, answer.bytes + sizeof answer.header, sizeof head);
    CHECK_NUMBER(head[0], 0);
    CHECK_NUMBER(head[1], 2);
    CHECK(memcmp(answer.bytes + sizeof answer.header + sizeof head, filter, sizeof filter) == 0);
  }
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    CHECK_NUMBER(answer.stopped.filters, 1);
  }
  close(socket);
}

static void failed_step_is_named(void) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS];
  program_draft(&engine, &draft, &(struct program_plan){.word = "hello"});
  drop(&draft, STEP_RESOLVE);
  add_at(&draft, find(&draft, STEP_EXEC), STEP_RESOLVE, "nothing", "/bin:/usr/bin");
  unsigned index = find(&draft, STEP_RESOLVE) - find(&draft, STEP_CLOSE_FDS);
  program_slots(&engine, slots);
  int socket = launch(&engine, &draft, slots, PROGRAM_SLOTS);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_CHILD);
    CHECK_NUMBER(answer.failed.step, index);
    CHECK_NUMBER(answer.failed.code, STEP_RESOLVE);
    CHECK_NUMBER(answer.failed.error, 2);
  }
  close(socket);
}

static void untraced_program(void) {
  int socket = program_launch(&engine, &(struct program_plan){.word = "wait", .untraced = true});
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    CHECK_NUMBER(answer.stopped.traced, 0);
    CHECK_NUMBER(answer.stopped.filters, 0xffffffff);
    CHECK_TEXT(status_of(answer.stopped.pid, "Name"), "program");
  }
  pid_t child = answer.stopped.pid;
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  kill(child, SIGKILL);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, SIGKILL);
  }
  close(socket);

  socket = program_launch(&engine, &(struct program_plan){.word = "hello", .untraced = true});
  EXPECT(socket, &answer, MSG_STOPPED);
  usleep(50000); /* it has ended before the verdict */
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 3 << 8);
  }
  close(socket);

  socket = program_launch(&engine, &(struct program_plan){.word = "wait", .untraced = true, .uid = 1000});
  EXPECT(socket, &answer, MSG_STOPPED);
  child = answer.stopped.pid;
  send_verdict(socket, false);
  EXPECT(socket, &answer, MSG_FAILED);
  CHECK_NUMBER(answer.failed.phase, PHASE_VERDICT);
  CHECK(gone_soon(child));
  close(socket);
}

/* Launched first and asked last, so that the other tests take up most of the ten seconds. */
static int start_without_verdict(pid_t *child) {
  int socket = program_launch(&engine, &(struct program_plan){.word = "hello"});
  EXPECT(socket, &answer, MSG_STOPPED);
  *child = answer.stopped.pid;
  close(answer.fd);
  return socket;
}

static void end_without_verdict(int socket, pid_t child, int most_ms) {
  struct pollfd ready = {socket, POLLIN, 0};
  CHECK(poll(&ready, 1, most_ms) == 1);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_VERDICT);
    CHECK_NUMBER(answer.failed.error, ETIMEDOUT);
  }
  CHECK(gone_soon(child));
  close(socket);
}

/* One whose time is over before the ten seconds, and one whose time is not over after them. */
static int start_with_later_verdict(void) {
  pid_t child;
  int soon = start_without_verdict(&child);
  send_later(soon, 1);
  end_without_verdict(soon, child, 3000);
  int socket = launch_holder(CLONE_NEWUTS);
  EXPECT(socket, &answer, MSG_STOPPED);
  send_later(socket, 60);
  return socket;
}

static void end_with_later_verdict(int socket) {
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  EXPECT(socket, &answer, MSG_EXITED);
  close(socket);
}

static void nothing_is_left(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", engine.pid, engine.pid);
  CHECK(access(path, R_OK) == 0);
  for (int i = 0; i < 100 && text_of(path)[0] != '\0'; i++) {
    usleep(10000);
  }
  CHECK_TEXT(text_of(path), "");
}

int main(int argc, char **argv) {
  pid_t waiting;
  program_main(argc, argv);
  engine_start(&engine);
  int later = start_with_later_verdict();
  int no_verdict = start_without_verdict(&waiting);
  holds_namespaces();
  holder_is_killed();
  scores_of_the_oom_killer();
  program_is_killed(); /* first, so that there is no exit record yet */
  runs_a_program();
  monitor_death_kills();
  killed_at_the_stop();
  killed_before_exec();
  filters_are_reported();
  failed_step_is_named();
  untraced_program();
  end_without_verdict(no_verdict, waiting, 12000);
  end_with_later_verdict(later);
  nothing_is_left();
  engine_stop(&engine);
  return check_done();
}
