/* The log that a monitor writes: opened again, on a full disk, with a gap; no line is lost without being
 * counted. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "running.h"

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

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  reopens_the_log();
  loses_no_line();
  outlives_failing_writes();
  engine_stop(&engine);
  return check_done();
}
