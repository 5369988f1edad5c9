/* A log that cannot be written: what is lost is counted, and told where the log goes on. */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

#define TIME "2016-10-06T00:17:09.669794202Z"
#define RECORD TIME " stdout F one\n"
#define NOTE(count, bytes, error)                      \
  TIME " stderr F stockade: " count " records (" bytes \
       " bytes) are missing here, the log could not be written: " error "\n"

static struct log_file log_file;

static void put(const char *records) { log_file_write(&log_file, (const uint8_t *)records, strlen(records)); }

static void start(int fd) {
  memset(&log_file, 0, sizeof log_file);
  log_file.fd = fd;
}

static int memory(void) { return memfd_create("log", MFD_CLOEXEC | MFD_ALLOW_SEALING); }

static const char *written(int fd) {
  static char text[4096];
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  text[n < 0 ? 0 : n] = '\0';
  return text;
}

static void expect_lost(uint64_t records, uint64_t bytes, int error) {
  CHECK_NUMBER(log_file.lost.records, records);
  CHECK_NUMBER(log_file.lost.bytes, bytes);
  CHECK_NUMBER(log_file.error, error);
}

static void nothing_is_lost_without_need(void) {
  int fd = memory();
  start(fd);
  put(RECORD RECORD);
  log_file_end(&log_file, TIME);
  CHECK_TEXT(written(fd), RECORD RECORD);
  expect_lost(0, 0, 0);
  close(fd);
  start(-1);
  put(RECORD);
  log_file_end(&log_file, TIME);
  expect_lost(0, 0, 0);
}

/* The disk is full, then there is another one. */
static void tells_in_the_next_file(void) {
  int fd = memory();
  start(open("/dev/full", O_WRONLY | O_CLOEXEC));
  put(RECORD RECORD);
  put(RECORD);
  expect_lost(3, 3 * strlen(RECORD), ENOSPC);
  log_file_reopen(&log_file, fd);
  put(RECORD);
  put(RECORD);
  log_file_end(&log_file, TIME);
  CHECK_TEXT(written(fd), NOTE("3", "132", "ENOSPC") RECORD RECORD);
  expect_lost(3, 3 * strlen(RECORD), ENOSPC);
  close(fd);
}

static void tells_at_the_end(void) {
  int fd = memory();
  start(open("/dev/full", O_WRONLY | O_CLOEXEC));
  put(RECORD);
  log_file_end(&log_file, TIME);
  log_file_reopen(&log_file, fd);
  log_file_end(&log_file, TIME);
  log_file_end(&log_file, TIME);
  CHECK_TEXT(written(fd), NOTE("1", "44", "ENOSPC"));
  close(fd);
}

static void set_limit(rlim_t bytes) {
  struct rlimit limit = {bytes, RLIM_INFINITY};
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* The file takes the first record and ten bytes of the second: what was cut is closed by a newline. */
static void closes_a_cut_record(void) {
  char path[] = "/tmp/warden-test-log-XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0 && unlink(path) == 0);
  signal(SIGXFSZ, SIG_IGN);
  start(fd);
  set_limit(strlen(RECORD) + 10);
  put(RECORD RECORD);
  put(RECORD);
  expect_lost(2, 2 * strlen(RECORD) - 10, EFBIG);
  set_limit(RLIM_INFINITY);
  put(RECORD);
  CHECK_TEXT(written(fd), RECORD "2016-10-06\n" NOTE("2", "78", "EFBIG") RECORD);
  close(fd);
}

int main(void) {
  nothing_is_lost_without_need();
  tells_in_the_next_file();
  tells_at_the_end();
  closes_a_cut_record();
  return check_done();
}
