#include "log_file.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log_cri.h"

#define NOTE_MAX 192

/* Whether the file took everything; what it took is counted in *done. */
static bool append(struct log_file *log, const void *bytes, size_t length, size_t *done) {
  const char *from = bytes;
  *done = 0;
  while (*done < length) {
    ssize_t n = write(log->fd, from + *done, length - *done);
    if (n > 0) {
      *done += (size_t)n;
      log->torn = from[*done - 1] != '\n';
    } else if (n < 0 && errno == EAGAIN) {
      struct pollfd room = {log->fd, POLLOUT, 0};
      poll(&room, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      log->error = n == 0 ? EIO : errno;
      return false;
    }
  }
  return true;
}

static void lose(struct log_file *log, const uint8_t *records, size_t length) {
  uint64_t ends = 0;
  for (const uint8_t *at = records; (at = memchr(at, '\n', (size_t)(records + length - at))) != NULL; at++) {
    ends++;
  }
  log->lost.records += ends;
  log->lost.bytes += length;
  log->untold.records += ends;
  log->untold.bytes += length;
}

/* Closes a record that was cut, and tells of a gap, with this time. Whether the log can go on. */
static bool mend(struct log_file *log, const char *time) {
  char note[NOTE_MAX];
  size_t done;
  int length = 0;
  if (log->torn) {
    note[length++] = '\n';
  }
  if (log->untold.records > 0) {
    const char *name = strerrorname_np(log->error);
    length += snprintf(note + length, sizeof note - (size_t)length,
                       "%.*s stderr F stockade: %" PRIu64 " records (%" PRIu64
                       " bytes) are missing here, the log could not be written: %s\n",
                       (int)LOG_CRI_TIME, time, log->untold.records, log->untold.bytes,
                       name == NULL ? "unknown error" : name);
  }
  if (!append(log, note, (size_t)length, &done)) {
    return false;
  }
  log->untold = (struct log_loss){0, 0};
  return true;
}

void log_file_write(struct log_file *log, const uint8_t *records, size_t length) {
  size_t done = 0;
  if (log->fd < 0) {
    return;
  }
  if (!mend(log, (const char *)records) || !append(log, records, length, &done)) {
    lose(log, records + done, length - done);
  }
}

void log_file_end(struct log_file *log, const char *time) {
  if (log->fd >= 0) {
    (void)mend(log, time);
  }
}

void log_file_reopen(struct log_file *log, int fd) {
  if (log->fd >= 0) {
    close(log->fd);
  }
  log->fd = fd;
  log->torn = false;
}
