/* The layout of a plan: header, steps, operands, strings; and read access to what was verified. */
#include "plan.h"

#include <stdbool.h>
#include <string.h>

#include "opcodes.h"
#include "plan_rules.h"

#define SCAN_MAX \
  (4u << 20) /* strings may share bytes; this bounds the time it takes to look at all of them */

_Static_assert(sizeof(struct plan_header) == 40, "the header has no padding");
_Static_assert(sizeof(struct step) == 8, "a step has no padding");

struct scan {
  const struct plan_header *header;
  const char *table;
  uint32_t table_length;
  uint32_t read; /* bytes of strings looked at so far */
  bool filled[PLAN_SLOTS_MAX];
  uint32_t made;
};

static const struct step_shape *shape_of(uint16_t code) {
  for (size_t i = 0; i < sizeof step_shapes / sizeof step_shapes[0]; i++) {
    if (step_shapes[i].code == code) {
      return &step_shapes[i];
    }
  }
  return NULL;
}

const char *plan_step_name(uint16_t code) {
  const struct step_shape *shape = shape_of(code);
  return shape ? shape->name : "?";
}

int plan_refuse(struct plan_fault *fault, uint32_t step, uint16_t code, const char *reason) {
  fault->step = step;
  fault->code = code;
  fault->reason = reason;
  return -1;
}

static const char *check_header(const struct plan_header *header, size_t length) {
  if (header->magic != PLAN_MAGIC) {
    return "not a launch plan";
  }
  if (header->abi != PLAN_ABI) {
    return "another plan ABI";
  }
  if (header->reserved != 0) {
    return "reserved bytes are not zero";
  }
  if (header->total_length != length) {
    return "length differs from the header's";
  }
  if (header->table_offset < sizeof *header || header->table_offset > length || header->table_offset % 8) {
    return "table offset out of bounds or not aligned";
  }
  if (header->monitor_steps + (uint32_t)header->child_steps > PLAN_STEPS_MAX) {
    return "too many steps";
  }
  if (header->slots_total > PLAN_SLOTS_MAX || header->slots_supplied > header->slots_total) {
    return "slot counts out of bounds";
  }
  return NULL;
}

static uint32_t offset_of(uint64_t operand) { return (uint32_t)(operand >> 32); }

static uint32_t length_of(uint64_t operand) { return (uint32_t)operand; }

/* Length of the string at offset, without its NUL, or -1 if the table or the budget ends first. */
static int64_t string_at(struct scan *scan, uint32_t offset) {
  if (offset >= scan->table_length) {
    return -1;
  }
  uint32_t room = scan->table_length - offset;
  const char *start = scan->table + offset;
  const char *end = memchr(start, 0, room);
  uint32_t length = end ? (uint32_t)(end - start) : room;
  if (!end || length >= SCAN_MAX - scan->read) {
    return -1;
  }
  scan->read += length + 1;
  return length;
}

static const char *check_strs(struct scan *scan, uint64_t operand) {
  uint32_t at = offset_of(operand);
  if (length_of(operand) > PLAN_STRS_MAX) {
    return "too many strings in one operand";
  }
  if (at > scan->table_length) {
    return "strings outside the table";
  }
  for (uint32_t i = 0; i < length_of(operand); i++) {
    int64_t length = string_at(scan, at);
    if (length < 0) {
      return "strings outside the table";
    }
    at += (uint32_t)length + 1;
  }
  return NULL;
}

static const char *check_blob(const struct scan *scan, uint64_t operand) {
  uint32_t offset = offset_of(operand);
  if (offset % 8) {
    return "blob is not aligned";
  }
  if (offset > scan->table_length || length_of(operand) > scan->table_length - offset) {
    return "blob outside the table";
  }
  return NULL;
}

static const char *check_out(struct scan *scan, uint64_t slot) {
  if (slot < scan->header->slots_supplied || slot >= scan->header->slots_total) {
    return "made slot out of range";
  }
  if (scan->filled[slot]) {
    return "slot is made twice";
  }
  scan->filled[slot] = true;
  scan->made++;
  return NULL;
}

static const char *check_operand(struct scan *scan, uint8_t type, uint64_t operand) {
  switch (type) {
    case OPERAND_U64:
    case OPERAND_I64:
      return NULL;
    case OPERAND_FD_OPTIONAL:
      if (operand == PLAN_SLOT_NONE) {
        return NULL;
      }
      /* fall through */
    case OPERAND_FD:
      return operand < scan->header->slots_total && scan->filled[operand] ? NULL : "slot is not filled";
    case OPERAND_OUT:
      return check_out(scan, operand);
    case OPERAND_STR:
      return string_at(scan, offset_of(operand)) == (int64_t)length_of(operand)
                 ? NULL
                 : "string is not one string inside the table";
    case OPERAND_STRS:
      return check_strs(scan, operand);
    case OPERAND_BLOB:
      return check_blob(scan, operand);
    default:
      return "operand of unknown type";
  }
}

/* room: bytes between the step and the table. */
static const char *check_step(struct scan *scan, const struct step *step, uint32_t room, char phase) {
  if (room < sizeof *step || step->length > room) {
    return "step reaches into the table";
  }
  const struct step_shape *shape = shape_of(step->code);
  if (!shape) {
    return "unknown step code";
  }
  if (shape->phase != phase) {
    return "step belongs to the other phase";
  }
  if (step->length != sizeof *step + shape->operands * sizeof(uint64_t)) {
    return "step has another length than its operands";
  }
  for (uint8_t i = 0; i < shape->operands; i++) {
    const char *reason = check_operand(scan, shape->types[i], step->operand[i]);
    if (reason) {
      return reason;
    }
  }
  return NULL;
}

static int check_steps(struct scan *scan, struct plan_fault *fault) {
  const struct plan_header *header = scan->header;
  const uint8_t *bytes = (const uint8_t *)header;
  uint32_t at = sizeof *header;
  uint32_t count = header->monitor_steps + (uint32_t)header->child_steps;
  for (uint32_t i = 0; i < count; i++) {
    const struct step *step = (const struct step *)(const void *)(bytes + at);
    uint32_t room = header->table_offset - at;
    const char *reason = check_step(scan, step, room, i < header->monitor_steps ? 'M' : 'C');
    if (reason) {
      return plan_refuse(fault, i, room < sizeof *step ? 0 : step->code, reason);
    }
    at += step->length;
  }
  if (at != header->table_offset) {
    return plan_refuse(fault, PLAN_SLOT_NONE, 0, "bytes between the steps and the table");
  }
  if (scan->made + header->slots_supplied != header->slots_total) {
    return plan_refuse(fault, PLAN_SLOT_NONE, 0, "slots that nothing makes");
  }
  return 0;
}

int plan_verify(const void *bytes, size_t length, struct plan *plan, struct plan_fault *fault) {
  if ((uintptr_t)bytes % 8) {
    return plan_refuse(fault, PLAN_SLOT_NONE, 0, "plan is not aligned");
  }
  if (length < sizeof(struct plan_header) || length > PLAN_LENGTH_MAX) {
    return plan_refuse(fault, PLAN_SLOT_NONE, 0, "length out of bounds");
  }
  struct plan candidate = {bytes, bytes};
  const char *reason = check_header(candidate.header, length);
  if (reason) {
    return plan_refuse(fault, PLAN_SLOT_NONE, 0, reason);
  }
  uint32_t table = candidate.header->table_offset;
  struct scan scan = {
      candidate.header, (const char *)candidate.bytes + table, (uint32_t)length - table, 0, {0}, 0};
  for (uint32_t slot = 0; slot < candidate.header->slots_supplied; slot++) {
    scan.filled[slot] = true;
  }
  if (check_steps(&scan, fault) || plan_check_values(&candidate, fault) ||
      plan_check_laws(&candidate, fault)) {
    return -1;
  }
  *plan = candidate;
  return 0;
}

const struct step *plan_first(const struct plan *plan) {
  return (const struct step *)(const void *)(plan->bytes + sizeof *plan->header);
}

const struct step *plan_next(const struct step *step) {
  return (const struct step *)(const void *)((const uint8_t *)step + step->length);
}

static const char *at_offset(const struct plan *plan, uint64_t operand) {
  return (const char *)plan->bytes + plan->header->table_offset + offset_of(operand);
}

const char *plan_str(const struct plan *plan, uint64_t operand) { return at_offset(plan, operand); }

uint32_t plan_strs_count(uint64_t operand) { return length_of(operand); }

void plan_strs(const struct plan *plan, uint64_t operand, const char **vector) {
  const char *at = at_offset(plan, operand);
  uint32_t count = length_of(operand);
  for (uint32_t i = 0; i < count; i++) {
    vector[i] = at;
    at += strlen(at) + 1;
  }
  vector[count] = NULL;
}

const void *plan_blob(const struct plan *plan, uint64_t operand, uint32_t *length) {
  *length = length_of(operand);
  return at_offset(plan, operand);
}

unsigned plan_step_slots(const struct step *step, uint32_t slots[STEP_OPERANDS_MAX]) {
  const struct step_shape *shape = shape_of(step->code);
  unsigned count = 0;
  for (uint8_t i = 0; shape && i < shape->operands; i++) {
    bool names = shape->types[i] == OPERAND_FD || shape->types[i] == OPERAND_FD_OPTIONAL;
    if (names && step->operand[i] != PLAN_SLOT_NONE) {
      slots[count++] = (uint32_t)step->operand[i];
    }
  }
  return count;
}
