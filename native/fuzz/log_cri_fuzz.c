/*
 * Whatever bytes come in whatever chunks: each record is well formed, and the contents put together are the
 * bytes that went in. The first byte of an input chooses the chunk size.
 */
#include <stdlib.h>
#include <string.h>

#include "log_cri.h"

#define TIME "2016-10-06T00:17:09.669794202Z"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

struct joined {
  const uint8_t *expected; /* what is left of the input */
  const uint8_t *end;
};

static void expect(int holds) {
  if (!holds) {
    abort();
  }
}

/* One record: its contents are the next of the input; after an F the input has a newline, or has ended. */
static const uint8_t *take_record(struct joined *joined, const uint8_t *at, const uint8_t *end) {
  expect((size_t)(end - at) > LOG_CRI_PREFIX && memcmp(at, TIME " stdout ", LOG_CRI_PREFIX - 2) == 0);
  uint8_t tag = at[LOG_CRI_PREFIX - 2];
  at += LOG_CRI_PREFIX;
  const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
  expect(newline != NULL);
  size_t content = (size_t)(newline - at);
  expect(content <= LOG_CRI_LINE_MAX && content <= (size_t)(joined->end - joined->expected));
  expect(memcmp(at, joined->expected, content) == 0);
  joined->expected += content;
  if (tag == 'F' && joined->expected < joined->end) {
    expect(*joined->expected++ == '\n');
  } else {
    expect(tag == 'F' || (tag == 'P' && content == LOG_CRI_LINE_MAX && joined->expected < joined->end));
  }
  return newline + 1;
}

static void take(void *context, const uint8_t *records, size_t length) {
  const uint8_t *end = records + length;
  while (records < end) {
    records = take_record(context, records, end);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
  static uint8_t room[LOG_CRI_RECORD_MAX + 100];
  static struct log_cri_stream stream = {"stdout", 0, {0}};
  if (length == 0) {
    return 0;
  }
  size_t chunk = input[0] == 0 ? length : (size_t)input[0] * 97;
  struct joined joined = {input + 1, input + length};
  struct log_cri_out out = {room, sizeof room, 0, take, &joined};
  for (const uint8_t *at = input + 1; at < joined.end; at += chunk) {
    size_t left = (size_t)(joined.end - at);
    size_t part = left < chunk ? left : chunk;
    log_cri_feed(&stream, TIME, at, part, &out);
    if (left <= chunk) {
      break;
    }
  }
  log_cri_end(&stream, TIME, &out);
  log_cri_flush(&out);
  expect(joined.expected == joined.end);
  return 0;
}
