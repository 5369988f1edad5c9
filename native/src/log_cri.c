#include "log_cri.h"

#include <string.h>

#define DAY_SECONDS 86400

static char *put_digits(char *at, uint32_t value, unsigned digits) {
  for (unsigned i = digits; i-- > 0; value /= 10) {
    at[i] = (char)('0' + value % 10);
  }
  return at + digits;
}

/*
 * Gregorian date of a day since 1970-01-01, by counting years from March, so that the leap day is a year's
 * last. libc's gmtime_r is not used because it may read the time zone files, which a confined monitor cannot.
 */
static char *put_date(char *at, uint32_t day) {
  uint32_t shifted = day + 719468; /* days since 0000-03-01 */
  uint32_t era = shifted / 146097; /* of 400 years */
  uint32_t of_era = shifted % 146097;
  uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t from_march = (5 * of_year + 2) / 153;
  uint32_t day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
  uint32_t month = from_march < 10 ? from_march + 3 : from_march - 9;
  at = put_digits(at, era * 400 + year_of_era + (month <= 2), 4);
  *at++ = '-';
  at = put_digits(at, month, 2);
  *at++ = '-';
  return put_digits(at, day_of_month, 2);
}

void log_cri_time(const struct timespec *time, char text[LOG_CRI_TIME]) {
  uint32_t second = (uint32_t)(time->tv_sec % DAY_SECONDS);
  char *at = put_date(text, (uint32_t)(time->tv_sec / DAY_SECONDS));
  *at++ = 'T';
  at = put_digits(at, second / 3600, 2);
  *at++ = ':';
  at = put_digits(at, second / 60 % 60, 2);
  *at++ = ':';
  at = put_digits(at, second % 60, 2);
  *at++ = '.';
  at = put_digits(at, (uint32_t)time->tv_nsec, 9);
  *at = 'Z';
}

void log_cri_flush(struct log_cri_out *out) {
  if (out->used > 0) {
    out->flush(out->context, out->bytes, out->used);
    out->used = 0;
  }
}

static void put(struct log_cri_out *out, const void *bytes, size_t length) {
  memcpy(out->bytes + out->used, bytes, length);
  out->used += length;
}

/* One record of what is held and `length` bytes more, together at most LOG_CRI_LINE_MAX. */
static void put_record(struct log_cri_stream *stream, const char *time, char tag, const uint8_t *bytes,
                       size_t length, struct log_cri_out *out) {
  if (out->size - out->used < LOG_CRI_PREFIX + stream->held + length + 1) {
    log_cri_flush(out);
  }
  char rest[] = {' ', 's', 't', 'd', '?', '?', '?', ' ', tag, ' '};
  memcpy(rest + 1, stream->name, 6);
  put(out, time, LOG_CRI_TIME);
  put(out, rest, sizeof rest);
  put(out, stream->line, stream->held);
  put(out, bytes, length);
  put(out, "\n", 1);
  stream->held = 0;
}

void log_cri_feed(struct log_cri_stream *stream, const char time[LOG_CRI_TIME], const uint8_t *bytes,
                  size_t length, struct log_cri_out *out) {
  const uint8_t *end = bytes + length;
  while (bytes < end) {
    const uint8_t *newline = memchr(bytes, '\n', (size_t)(end - bytes));
    size_t part = (size_t)((newline == NULL ? end : newline) - bytes);
    while (stream->held + part > LOG_CRI_LINE_MAX) {
      size_t fits = LOG_CRI_LINE_MAX - stream->held;
      put_record(stream, time, 'P', bytes, fits, out);
      bytes += fits;
      part -= fits;
    }
    if (newline == NULL) {
      memcpy(stream->line + stream->held, bytes, part);
      stream->held += (uint32_t)part;
      return;
    }
    put_record(stream, time, 'F', bytes, part, out);
    bytes = newline + 1;
  }
}

void log_cri_end(struct log_cri_stream *stream, const char time[LOG_CRI_TIME], struct log_cri_out *out) {
  if (stream->held > 0) {
    put_record(stream, time, 'F', stream->line, 0, out);
  }
}
