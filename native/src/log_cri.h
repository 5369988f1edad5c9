/*
 * Output of a container as lines of the CRI log format:
 *   2016-10-06T00:17:09.669794202Z stdout F the line\n
 * A line longer than LOG_CRI_LINE_MAX bytes becomes records tagged P and a last one tagged F. An unterminated
 * rest at the end of the stream becomes a record tagged F, because the kubelet and log collectors join P
 * records until an F and would wait for one. Bytes are kept as they are. Pure: no system calls, no
 * allocation.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LOG_CRI_LINE_MAX 16384u
#define LOG_CRI_TIME 30u                    /* "2016-10-06T00:17:09.669794202Z" */
#define LOG_CRI_PREFIX (LOG_CRI_TIME + 10u) /* time, " stdout F " */
#define LOG_CRI_RECORD_MAX (LOG_CRI_PREFIX + LOG_CRI_LINE_MAX + 1u)

/* What was read of a line whose end has not come yet. */
struct log_cri_stream {
  char name[7]; /* stdout or stderr */
  uint32_t held;
  uint8_t line[LOG_CRI_LINE_MAX];
};

/* Where records go: whole records are gathered in bytes, and handed on when the next does not fit. */
struct log_cri_out {
  uint8_t *bytes;
  size_t size; /* at least LOG_CRI_RECORD_MAX */
  size_t used;
  void (*flush)(void *context, const uint8_t *records, size_t length);
  void *context;
};

/* The time of a record, RFC 3339 in UTC with nine digits, without a NUL. Years 1970 to 9999. */
void log_cri_time(const struct timespec *time, char text[LOG_CRI_TIME]);

/* Takes what was read; records completed by it go to `out`, with this time. */
void log_cri_feed(struct log_cri_stream *stream, const char time[LOG_CRI_TIME], const uint8_t *bytes,
                  size_t length, struct log_cri_out *out);

/* The stream has ended: an unterminated rest becomes a record. */
void log_cri_end(struct log_cri_stream *stream, const char time[LOG_CRI_TIME], struct log_cri_out *out);

/* Hands on what is gathered. */
void log_cri_flush(struct log_cri_out *out);
