#include "exit_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

static int write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t n = write(fd, text, length);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return -1;
    }
    text += n;
    length -= (size_t)n;
  }
  return 0;
}

#define UNFINISHED_MAX 264

static void unfinished_name(const char *name, char unfinished[UNFINISHED_MAX]) {
  snprintf(unfinished, UNFINISHED_MAX, ".%s.new", name);
}

int exit_record_open(int directory, const char *name) {
  char unfinished[UNFINISHED_MAX];
  unfinished_name(name, unfinished);
  return openat(directory, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int exit_record_write(int directory, const char *name, int record, const struct msg_exited *exited) {
  char text[256];
  char unfinished[UNFINISHED_MAX];
  int length = snprintf(text, sizeof text,
                        "status %d\noom_kills %u\ntime_ns %" PRId64 "\nlog_lost_records %" PRIu64
                        "\nlog_lost_bytes %" PRIu64 "\nlog_error %d\n",
                        exited->status, exited->oom_kills, exited->time_ns, exited->log_lost_records,
                        exited->log_lost_bytes, exited->log_error);
  if (write_all(record, text, (size_t)length) != 0) {
    return -1;
  }
  unfinished_name(name, unfinished);
  return (int)syscall(SYS_renameat2, directory, unfinished, directory, name, 0);
}

void exit_record_sync(int directory, int record) {
  if (fsync(record) == 0) {
    fsync(directory);
  }
}
