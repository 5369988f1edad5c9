/* A test is a program: CHECK what must hold, end with check_done(). */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks;
static unsigned failures;

#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), __FILE__, __LINE__)
#define CHECK_NUMBER(actual, expected) \
  check_number((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

static inline int check_that(int holds, const char *what, const char *file, int line) {
  checks++;
  if (!holds) {
    failures++;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  }
  return holds;
}

static inline int check_text(const char *actual, const char *expected, const char *file, int line) {
  int same = strcmp(actual, expected) == 0;
  if (!check_that(same, "texts are equal", file, line)) {
    fprintf(stderr, "  is:       \"%s\"\n  expected: \"%s\"\n", actual, expected);
  }
  return same;
}

static inline int check_number(long long actual, long long expected, const char *what, const char *file,
                               int line) {
  if (!check_that(actual == expected, what, file, line)) {
    fprintf(stderr, "  is: %lld, expected: %lld\n", actual, expected);
  }
  return actual == expected;
}

static inline int check_done(void) {
  printf("%u checks, %u failures\n", checks, failures);
  return failures == 0 && checks > 0 ? 0 : 1;
}
