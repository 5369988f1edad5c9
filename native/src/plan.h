/*
 * The launch plan as bytes, and read access to a verified one.
 *
 * Layout, little endian:
 *   struct plan_header
 *   steps: monitor_steps of them, then child_steps, back to back from offset sizeof(struct plan_header)
 *   table: strings and blobs, from table_offset (8-byte aligned) to total_length
 * plan_verify() must have accepted the bytes before any other function is called.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plan_types.h"

#define PLAN_MAGIC 0x50445453u /* "STDP" */
#define PLAN_ABI 1
#define PLAN_LENGTH_MAX (1u << 20)
#define PLAN_STEPS_MAX 4096u
#define PLAN_SLOTS_MAX 240u /* SCM_RIGHTS carries at most 253 */
#define PLAN_SLOT_NONE 0xffffffffu
#define PLAN_STRS_MAX 16384u /* strings of one operand: arguments, environment, mount options */

struct plan_header {
  uint32_t magic;
  uint16_t abi;
  uint16_t reserved; /* zero */
  uint32_t total_length;
  uint32_t table_offset;
  uint16_t monitor_steps;
  uint16_t child_steps;
  uint16_t slots_supplied; /* descriptors that travel with the plan */
  uint16_t slots_total;    /* supplied, plus those that `out` operands make */
  uint8_t build[16];       /* scripts/build-id: both sides are of one build */
};

struct plan {
  const uint8_t *bytes;
  const struct plan_header *header;
};

struct step {
  uint16_t code;
  uint16_t tolerate;
  uint32_t length;
  uint64_t operand[]; /* as many as the shape says */
};

/* Where and why verification failed; step is the index over both phases, or PLAN_SLOT_NONE for the header. */
struct plan_fault {
  uint32_t step;
  uint16_t code;
  const char *reason; /* a static string */
};

/*
 * 0 and *plan filled, or -1 and *fault filled. Never reads beyond length; never writes. bytes is 8-byte
 * aligned and does not change afterwards: the caller reads from a private copy or a sealed file.
 */
int plan_verify(const void *bytes, size_t length, struct plan *plan, struct plan_fault *fault);

const struct step *plan_first(const struct plan *plan);
const struct step *plan_next(const struct step *step);
/* Name of a step, for messages; "?" for an unknown code. */
const char *plan_step_name(uint16_t code);
const char *plan_str(const struct plan *plan, uint64_t operand);
uint32_t plan_strs_count(uint64_t operand);
/* Fills vector[0..count-1] and a NULL after them; room for count + 1 pointers, so PLAN_STRS_MAX + 1 always
 * do. */
void plan_strs(const struct plan *plan, uint64_t operand, const char **vector);
const void *plan_blob(const struct plan *plan, uint64_t operand, uint32_t *length);
/* The slots a step reads from; returns how many. */
unsigned plan_step_slots(const struct step *step, uint32_t slots[STEP_OPERANDS_MAX]);
