/* A launch plan that a test writes down step by step, changes, and turns into bytes. */
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"
#include "plan.h"

#define DRAFT_STEPS 128
#define DRAFT_TABLE 65536

struct draft_step {
  uint16_t code;
  uint16_t tolerate;
  uint64_t operand[STEP_OPERANDS_MAX];
};

struct draft {
  struct draft_step steps[DRAFT_STEPS];
  unsigned count;
  uint16_t supplied;
  uint16_t total;
  char table[DRAFT_TABLE];
  uint32_t table_length;
  _Alignas(8) uint8_t bytes[sizeof(struct plan_header) + DRAFT_STEPS * 56 + DRAFT_TABLE];
  size_t length;
};

static inline const struct step_shape *draft_shape(uint16_t code) {
  for (size_t i = 0; i < sizeof step_shapes / sizeof step_shapes[0]; i++) {
    if (step_shapes[i].code == code) {
      return &step_shapes[i];
    }
  }
  fprintf(stderr, "no such step: %u\n", code);
  abort();
}

static inline uint32_t draft_bytes(struct draft *d, const void *bytes, size_t length) {
  uint32_t at = d->table_length;
  if (at + length > DRAFT_TABLE) {
    abort();
  }
  if (length > 0) {
    memcpy(d->table + at, bytes, length);
  }
  d->table_length += (uint32_t)length;
  return at;
}

static inline uint64_t draft_str(struct draft *d, const char *text) {
  size_t length = strlen(text);
  return (uint64_t)draft_bytes(d, text, length + 1) << 32 | length;
}

static inline uint64_t draft_blob(struct draft *d, const void *bytes, size_t length) {
  d->table_length = (d->table_length + 7) & ~7u;
  return (uint64_t)draft_bytes(d, bytes, length) << 32 | length;
}

/* Strings up to a NULL. */
static inline uint64_t draft_strs(struct draft *d, const char *const *strings) {
  uint32_t at = d->table_length;
  uint32_t count = 0;
  for (; strings[count]; count++) {
    draft_str(d, strings[count]);
  }
  return (uint64_t)at << 32 | count;
}

/* One operand per declared type: str const char *, strs const char *const *, blob const void * and size_t,
 * else uint64_t. */
static inline struct draft_step draft_make(struct draft *d, uint16_t code, va_list args) {
  struct draft_step step = {.code = code};
  const struct step_shape *shape = draft_shape(code);
  for (unsigned i = 0; i < shape->operands; i++) {
    switch (shape->types[i]) {
      case OPERAND_STR:
        step.operand[i] = draft_str(d, va_arg(args, const char *));
        break;
      case OPERAND_STRS:
        step.operand[i] = draft_strs(d, va_arg(args, const char *const *));
        break;
      case OPERAND_BLOB: {
        const void *bytes = va_arg(args, const void *);
        step.operand[i] = draft_blob(d, bytes, va_arg(args, size_t));
        break;
      }
      default:
        step.operand[i] = va_arg(args, uint64_t);
    }
  }
  return step;
}

static inline void draft_insert(struct draft *d, unsigned at, struct draft_step step) {
  if (d->count == DRAFT_STEPS || at > d->count) {
    abort();
  }
  memmove(&d->steps[at + 1], &d->steps[at], (d->count - at) * sizeof d->steps[0]);
  d->steps[at] = step;
  d->count++;
}

static inline void draft_remove(struct draft *d, unsigned at) {
  memmove(&d->steps[at], &d->steps[at + 1], (d->count - at - 1) * sizeof d->steps[0]);
  d->count--;
}

/* Appends a step. Every integer operand is passed as uint64_t. */
static inline void add(struct draft *d, int code, ...) {
  va_list args;
  va_start(args, code);
  draft_insert(d, d->count, draft_make(d, (uint16_t)code, args));
  va_end(args);
}

static inline void add_at(struct draft *d, unsigned at, int code, ...) {
  va_list args;
  va_start(args, code);
  draft_insert(d, at, draft_make(d, (uint16_t)code, args));
  va_end(args);
}

/* Position of the nth (from 0) step of this code. */
static inline unsigned find_nth(const struct draft *d, int code, unsigned nth) {
  for (unsigned i = 0; i < d->count; i++) {
    if (d->steps[i].code == code && nth-- == 0) {
      return i;
    }
  }
  fprintf(stderr, "the draft has no step %s\n", draft_shape((uint16_t)code)->name);
  abort();
}

static inline unsigned find(const struct draft *d, int code) { return find_nth(d, code, 0); }

static inline void drop(struct draft *d, int code) { draft_remove(d, find(d, code)); }

static inline void set(struct draft *d, int code, unsigned operand, uint64_t value) {
  d->steps[find(d, code)].operand[operand] = value;
}

/* Moves the first step of this code to stand right before, or right behind, the first of the other. */
static inline void move_beside(struct draft *d, int code, int other, unsigned behind) {
  struct draft_step step = d->steps[find(d, code)];
  drop(d, code);
  draft_insert(d, find(d, other) + behind, step);
}

static inline void move_before(struct draft *d, int code, int other) { move_beside(d, code, other, 0); }

static inline void move_behind(struct draft *d, int code, int other) { move_beside(d, code, other, 1); }

/* Lays the plan out in d->bytes. */
static inline void draft_encode(struct draft *d) {
  struct plan_header *header = (struct plan_header *)(void *)d->bytes;
  memset(d->bytes, 0, sizeof d->bytes);
  uint32_t at = sizeof *header;
  for (unsigned i = 0; i < d->count; i++) {
    const struct step_shape *shape = draft_shape(d->steps[i].code);
    struct step *step = (struct step *)(void *)(d->bytes + at);
    step->code = d->steps[i].code;
    step->tolerate = d->steps[i].tolerate;
    step->length = (uint32_t)(sizeof *step + shape->operands * sizeof(uint64_t));
    memcpy(step->operand, d->steps[i].operand, shape->operands * sizeof(uint64_t));
    at += step->length;
    header->monitor_steps += shape->phase == 'M';
    header->child_steps += shape->phase == 'C';
  }
  memcpy(d->bytes + at, d->table, d->table_length);
  header->magic = PLAN_MAGIC;
  header->abi = PLAN_ABI;
  header->table_offset = at;
  header->total_length = at + d->table_length;
  header->slots_supplied = d->supplied;
  header->slots_total = d->total;
  d->length = header->total_length;
}
