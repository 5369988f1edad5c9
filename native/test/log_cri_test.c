/* The log splitter: what the kubelet will read. */
#include "log_cri.h"

#include <stdbool.h>

#include "check.h"

#define T "2016-10-06T00:17:09.669794202Z"

static uint8_t gathered[1 << 20];
static size_t gathered_length;
static unsigned flushes;

static void gather(void *context, const uint8_t *records, size_t length) {
  (void)context;
  CHECK(gathered_length + length < sizeof gathered);
  CHECK(length > 0 && records[length - 1] == '\n'); /* whole records only */
  memcpy(gathered + gathered_length, records, length);
  gathered_length += length;
  flushes++;
}

static uint8_t room[65536];
static struct log_cri_out out = {room, sizeof room, 0, gather, NULL};
static struct log_cri_stream streams[2] = {{"stdout", 0, {0}}, {"stderr", 0, {0}}};

static void feed(int which, const char *text) {
  log_cri_feed(&streams[which], T, (const uint8_t *)text, strlen(text), &out);
}

static const char *finish(void) {
  log_cri_end(&streams[0], T, &out);
  log_cri_end(&streams[1], T, &out);
  log_cri_flush(&out);
  gathered[gathered_length] = '\0';
  gathered_length = 0;
  return (const char *)gathered;
}

static void lines(void) {
  feed(0, "one\ntwo\n");
  CHECK_TEXT(finish(), T " stdout F one\n" T " stdout F two\n");
  feed(0, "\n\n");
  CHECK_TEXT(finish(), T " stdout F \n" T " stdout F \n");
  CHECK_TEXT(finish(), "");
  feed(0, "no end");
  CHECK_TEXT(finish(), T " stdout F no end\n");
}

static void line_in_parts(void) {
  feed(0, "a");
  feed(0, "b");
  feed(1, "err\n");
  feed(0, "c\nd");
  CHECK_TEXT(finish(), T " stderr F err\n" T " stdout F abc\n" T " stdout F d\n");
}

static void binary(void) {
  static const uint8_t bytes[] = {0, 0xff, '\r', 0x1b, '\n'};
  log_cri_feed(&streams[1], T, bytes, sizeof bytes, &out);
  log_cri_flush(&out);
  CHECK_NUMBER(gathered_length, LOG_CRI_PREFIX + sizeof bytes);
  CHECK(memcmp(gathered + LOG_CRI_PREFIX, bytes, sizeof bytes) == 0);
  gathered_length = 0;
}

/* A line of exactly the limit is whole; one byte more makes a partial record and the rest. */
static void long_lines(void) {
  static char line[2 * LOG_CRI_LINE_MAX + 3];
  memset(line, 'x', sizeof line);
  line[LOG_CRI_LINE_MAX] = '\n';
  line[LOG_CRI_LINE_MAX + 1] = '\0';
  feed(0, line);
  const char *text = finish();
  CHECK_NUMBER(strlen(text), LOG_CRI_PREFIX + LOG_CRI_LINE_MAX + 1);
  CHECK(strncmp(text, T " stdout F xx", LOG_CRI_PREFIX + 2) == 0);

  memset(line, 'x', sizeof line);
  line[2 * LOG_CRI_LINE_MAX + 1] = '\n';
  line[2 * LOG_CRI_LINE_MAX + 2] = '\0';
  feed(0, line);
  text = finish();
  size_t record = LOG_CRI_PREFIX + LOG_CRI_LINE_MAX + 1;
  CHECK_NUMBER(strlen(text), 2 * record + LOG_CRI_PREFIX + 2);
  CHECK(strncmp(text, T " stdout P ", LOG_CRI_PREFIX) == 0);
  CHECK(strncmp(text + record, T " stdout P ", LOG_CRI_PREFIX) == 0);
  CHECK_TEXT(text + 2 * record, T " stdout F x\n");
}

/* Fed byte by byte or at once, the records are the same. */
static void chunks_do_not_matter(void) {
  static char text[3 * LOG_CRI_LINE_MAX];
  static char whole[sizeof gathered];
  for (size_t i = 0; i < sizeof text - 1; i++) {
    bool ends = i % 20000 == 19999 || (i % 37 == 0 && i > 40000);
    text[i] = ends ? '\n' : (char)('a' + i % 26);
  }
  feed(0, text);
  strcpy(whole, finish());
  for (size_t i = 0; i < sizeof text - 1; i++) {
    log_cri_feed(&streams[0], T, (const uint8_t *)&text[i], 1, &out);
  }
  CHECK(strcmp(finish(), whole) == 0);
}

static void many_records_flush(void) {
  flushes = 0;
  for (int i = 0; i < 3000; i++) {
    feed(0, "0123456789\n");
  }
  CHECK(flushes >= 2);
  CHECK_NUMBER(strlen(finish()), 3000 * (LOG_CRI_PREFIX + 11));
}

static bool time_is(int64_t seconds, long nanoseconds, const char *expected) {
  struct timespec time = {(time_t)seconds, nanoseconds};
  char text[LOG_CRI_TIME + 1] = {0};
  log_cri_time(&time, text);
  return CHECK_TEXT(text, expected);
}

static void times(void) {
  time_is(0, 0, "1970-01-01T00:00:00.000000000Z");
  time_is(1475713029, 669794202, T);
  time_is(951782400, 1, "2000-02-29T00:00:00.000000001Z");
  time_is(951868799, 999999999, "2000-02-29T23:59:59.999999999Z");
  time_is(4107542399, 0, "2100-02-28T23:59:59.000000000Z");
  time_is(4107542400, 0, "2100-03-01T00:00:00.000000000Z");
  time_is(253402300799, 0, "9999-12-31T23:59:59.000000000Z");
}

/* Every day of 230 years, against libc. */
static void dates_agree_with_libc(void) {
  unsigned differ = 0;
  for (int64_t day = 0; day < 84000; day++) {
    time_t second = (time_t)(day * 86400 + day % 86400);
    struct timespec time = {second, 0};
    char text[LOG_CRI_TIME + 1] = {0};
    char expected[64];
    struct tm parts;
    log_cri_time(&time, text);
    strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000000Z", gmtime_r(&second, &parts));
    differ += strcmp(text, expected) != 0;
  }
  CHECK_NUMBER(differ, 0);
}

int main(void) {
  lines();
  line_in_parts();
  binary();
  long_lines();
  chunks_do_not_matter();
  many_records_flush();
  times();
  dates_agree_with_libc();
  return check_done();
}
