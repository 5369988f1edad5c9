/* Any bytes get a verdict; of an accepted plan every operand can be read within bounds. */
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"
#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t seen; /* what was read is used, so that reading is not optimised away */

static const struct step_shape *shape_of(uint16_t code) {
  for (size_t i = 0; i < sizeof step_shapes / sizeof step_shapes[0]; i++) {
    if (step_shapes[i].code == code) {
      return &step_shapes[i];
    }
  }
  abort();
}

static void read_operand(const struct plan *plan, uint8_t type, uint64_t operand) {
  static const char *vector[PLAN_STRS_MAX + 1];
  uint32_t length;
  if (type == OPERAND_STR) {
    length = (uint32_t)operand;
    if (strlen(plan_str(plan, operand)) != length) {
      abort();
    }
  } else if (type == OPERAND_STRS) {
    plan_strs(plan, operand, vector);
    for (uint32_t i = 0; i < plan_strs_count(operand); i++) {
      seen += strlen(vector[i]);
    }
  } else if (type == OPERAND_BLOB) {
    const uint8_t *bytes = plan_blob(plan, operand, &length);
    for (uint32_t i = 0; i < length; i++) {
      seen += bytes[i];
    }
  }
}

static void read_step(const struct plan *plan, const struct step *step) {
  const struct step_shape *shape = shape_of(step->code);
  uint32_t slots[STEP_OPERANDS_MAX];
  unsigned count = plan_step_slots(step, slots);
  for (unsigned i = 0; i < count; i++) {
    if (slots[i] >= plan->header->slots_total) {
      abort();
    }
  }
  for (uint8_t i = 0; i < shape->operands; i++) {
    read_operand(plan, shape->types[i], step->operand[i]);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct plan plan;
  struct plan_fault fault = {0, 0, NULL};
  void *copy = NULL;
  if (posix_memalign(&copy, 8, size ? size : 1) != 0) {
    return 0;
  }
  memcpy(copy, data, size);
  /* Most lengths are wrong; that is one refusal, and says nothing about what comes behind it. */
  if (size >= sizeof(struct plan_header) && size <= PLAN_LENGTH_MAX) {
    ((struct plan_header *)copy)->total_length = (uint32_t)size;
  }
  if (plan_verify(copy, size, &plan, &fault) == 0) {
    const struct step *step = plan_first(&plan);
    for (uint32_t i = 0; i < plan.header->monitor_steps + (uint32_t)plan.header->child_steps; i++) {
      read_step(&plan, step);
      step = plan_next(step);
    }
  } else if (fault.reason == NULL) {
    abort();
  }
  free(copy);
  return 0;
}
