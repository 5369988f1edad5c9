/*
 * The log of a container. A write that fails (full disk, quota, broken disk) costs records, never the
 * container: what cannot be written is counted and let go, the next records are tried again, and where they
 * follow a gap a record of the runtime's own says how much is missing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_loss {
  uint64_t records; /* a record that was cut counts whole */
  uint64_t bytes;   /* of the log, with time and stream of each record */
};

struct log_file {
  int fd;        /* -1 = none: records go nowhere and are not lost */
  bool torn;     /* the last record in the file was cut */
  int32_t error; /* of the last write that failed, 0 = none did */
  struct log_loss lost;
  struct log_loss untold; /* of the lost ones, those that the log does not tell of yet */
};

/* Appends whole records of log_cri.h. */
void log_file_write(struct log_file *log, const uint8_t *records, size_t length);

/* Tells of a gap that nothing follows; time as in log_cri.h. */
void log_file_end(struct log_file *log, const char *time);

/* Goes on in another file, which it owns. */
void log_file_reopen(struct log_file *log, int fd);
