/* A plan that is changed in one thing, and what plan_verify() says of it. */
#pragma once

#include "check.h"
#include "sample.h"

static struct draft d;
static struct plan_fault fault;

/* Lays out and verifies d; the name of the refused step and the reason. */
static inline const char *verdict(void) {
  static char text[160];
  struct plan plan;
  draft_encode(&d);
  if (plan_verify(d.bytes, d.length, &plan, &fault) == 0) {
    return "accepted";
  }
  snprintf(text, sizeof text, "%s: %s", plan_step_name(fault.code), fault.reason);
  return text;
}

static inline void with(int code, unsigned operand, uint64_t value, const char *expected) {
  sample(&d);
  set(&d, code, operand, value);
  CHECK_TEXT(verdict(), expected);
}

static inline void with_text(int code, unsigned operand, const char *value, const char *expected) {
  sample(&d);
  set(&d, code, operand, draft_str(&d, value));
  CHECK_TEXT(verdict(), expected);
}

static inline void without(int code, const char *expected) {
  sample(&d);
  drop(&d, code);
  CHECK_TEXT(verdict(), expected);
}

static inline void twice(int code, const char *expected) {
  sample(&d);
  draft_insert(&d, find(&d, code), d.steps[find(&d, code)]);
  CHECK_TEXT(verdict(), expected);
}

static inline void before(int code, int other, const char *expected) {
  sample(&d);
  move_before(&d, code, other);
  CHECK_TEXT(verdict(), expected);
}

static inline void behind(int code, int other, const char *expected) {
  sample(&d);
  move_behind(&d, code, other);
  CHECK_TEXT(verdict(), expected);
}

static inline void tolerating(int code, uint16_t error, const char *expected) {
  sample(&d);
  d.steps[find(&d, code)].tolerate = error;
  CHECK_TEXT(verdict(), expected);
}
