/* The bytes of a plan: header, bounds, slots, strings. */
#include <errno.h>
#include <sys/stat.h>

#include "check.h"
#include "sample.h"

static struct draft d;
static struct plan plan;

static struct plan_header *header(void) { return (struct plan_header *)(void *)d.bytes; }

static struct step *step_at(unsigned index) {
  struct step *step = (struct step *)(void *)(d.bytes + sizeof(struct plan_header));
  while (index-- > 0) {
    step = (struct step *)(void *)((uint8_t *)step + step->length);
  }
  return step;
}

/* Verifies a copy that ends where an overrun would be noticed by the sanitizer. */
static const char *verdict(void) {
  static struct plan_fault fault;
  void *copy = NULL;
  if (posix_memalign(&copy, 8, d.length ? d.length : 1)) {
    abort();
  }
  memcpy(copy, d.bytes, d.length);
  int result = plan_verify(copy, d.length, &plan, &fault);
  free(copy);
  return result == 0 ? "accepted" : fault.reason;
}

static void fresh(void) {
  sample(&d);
  draft_encode(&d);
}

static void refused_header(void) {
  fresh();
  header()->magic ^= 1;
  CHECK_TEXT(verdict(), "not a launch plan");
  fresh();
  header()->abi++;
  CHECK_TEXT(verdict(), "another plan ABI");
  fresh();
  header()->reserved = 1;
  CHECK_TEXT(verdict(), "reserved bytes are not zero");
  fresh();
  d.length--;
  CHECK_TEXT(verdict(), "length differs from the header's");
  fresh();
  d.length++;
  CHECK_TEXT(verdict(), "length differs from the header's");
  fresh();
  d.length = sizeof(struct plan_header) - 1;
  CHECK_TEXT(verdict(), "length out of bounds");
  const uint32_t offsets[] = {0, sizeof(struct plan_header) - 8, header()->table_offset + 4, 0xfffffff8u};
  for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
    fresh();
    header()->table_offset = offsets[i];
    CHECK_TEXT(verdict(), "table offset out of bounds or not aligned");
  }
  fresh();
  header()->child_steps = 4096;
  CHECK_TEXT(verdict(), "too many steps");
  fresh();
  header()->slots_total = PLAN_SLOTS_MAX + 1;
  CHECK_TEXT(verdict(), "slot counts out of bounds");
  fresh();
  header()->slots_supplied = (uint16_t)(header()->slots_total + 1);
  CHECK_TEXT(verdict(), "slot counts out of bounds");
}

static void refused_too_long_or_unaligned(void) {
  struct plan_fault fault;
  static _Alignas(8) uint8_t bytes[PLAN_LENGTH_MAX + 8];
  CHECK(plan_verify(bytes, PLAN_LENGTH_MAX + 1, &plan, &fault) != 0);
  CHECK_TEXT(fault.reason, "length out of bounds");
  CHECK(plan_verify(bytes + 4, 100, &plan, &fault) != 0);
  CHECK_TEXT(fault.reason, "plan is not aligned");
  CHECK(plan_verify(bytes, 0, &plan, &fault) != 0);
}

static void refused_steps(void) {
  fresh();
  step_at(0)->code = 12345;
  CHECK_TEXT(verdict(), "unknown step code");
  fresh();
  step_at(0)->code = STEP_SET_SID;
  CHECK_TEXT(verdict(), "step belongs to the other phase");
  fresh();
  step_at(0)->length += 8;
  CHECK_TEXT(verdict(), "step has another length than its operands");
  fresh();
  step_at(0)->length = 0;
  CHECK_TEXT(verdict(), "step has another length than its operands");
  fresh();
  step_at(0)->length = 0xfffffff8u;
  CHECK_TEXT(verdict(), "step reaches into the table");
  fresh();
  header()->child_steps++;
  CHECK_TEXT(verdict(), "step reaches into the table");
  fresh();
  header()->child_steps--;
  CHECK_TEXT(verdict(), "bytes between the steps and the table");
}

static void refused_slots(void) {
  sample(&d);
  set(&d, STEP_STDIO, STDIO_STDOUT, SLOT_PROC + 100);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "slot is not filled");
  sample(&d);
  set(&d, STEP_STDIO, STDIO_STDOUT, PLAN_SLOT_NONE);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "slot is not filled");
  sample(&d);
  set(&d, STEP_STDIO, STDIO_STDOUT, 1ull << 32);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "slot is not filled");
  sample(&d);
  set(&d, STEP_USE_ROOT, USE_ROOT_ROOT, SLOT_TREE); /* made, but later */
  draft_encode(&d);
  CHECK_TEXT(verdict(), "slot is not filled");
  const uint64_t outside[] = {SLOT_ROOT, SLOT_TREE + 1, PLAN_SLOT_NONE, ~0ull};
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
    sample(&d);
    set(&d, STEP_OPEN_DIR, OPEN_DIR_DIRECTORY, outside[i]);
    draft_encode(&d);
    CHECK_TEXT(verdict(), "made slot out of range");
  }
  sample(&d);
  set(&d, STEP_OPEN_DIR, OPEN_DIR_DIRECTORY, SLOT_EMPTY);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "slot is made twice");
  sample(&d);
  d.total++;
  draft_encode(&d);
  CHECK_TEXT(verdict(), "slots that nothing makes");
}

static void refused_strings(void) {
  const char *outside = "string is not one string inside the table";
  sample(&d);
  set(&d, STEP_HOSTNAME, HOSTNAME_NAME, (uint64_t)DRAFT_TABLE << 32 | 1);
  draft_encode(&d);
  CHECK_TEXT(verdict(), outside);
  sample(&d);
  d.steps[find(&d, STEP_HOSTNAME)].operand[HOSTNAME_NAME] += 3; /* a NUL inside */
  draft_encode(&d);
  CHECK_TEXT(verdict(), outside);
  sample(&d);
  d.steps[find(&d, STEP_HOSTNAME)].operand[HOSTNAME_NAME]--; /* not the whole string */
  draft_encode(&d);
  CHECK_TEXT(verdict(), outside);
  sample(&d);
  uint64_t last = draft_str(&d, "end");
  set(&d, STEP_HOSTNAME, HOSTNAME_NAME, last);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "accepted");
  d.length--; /* the NUL is cut off */
  header()->total_length--;
  CHECK_TEXT(verdict(), outside);
  sample(&d);
  d.steps[find(&d, STEP_EXEC)].operand[EXEC_ENV] += 1; /* one more than there are */
  draft_encode(&d);
  CHECK_TEXT(verdict(), "strings outside the table");
  sample(&d);
  set(&d, STEP_EXEC, EXEC_ENV, (uint64_t)0xffffffff << 32);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "strings outside the table");
  sample(&d);
  set(&d, STEP_EXEC, EXEC_ENV, PLAN_STRS_MAX + 1);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "too many strings in one operand");
}

static void refused_blobs(void) {
  sample(&d);
  d.steps[find(&d, STEP_GROUPS)].operand[GROUPS_GIDS] += 4ull << 32;
  draft_encode(&d);
  CHECK_TEXT(verdict(), "blob is not aligned");
  sample(&d);
  d.steps[find(&d, STEP_GROUPS)].operand[GROUPS_GIDS] |= 0xfffffff0u;
  draft_encode(&d);
  CHECK_TEXT(verdict(), "blob outside the table");
  sample(&d);
  set(&d, STEP_GROUPS, GROUPS_GIDS, 0xfffffff8ull << 32);
  draft_encode(&d);
  CHECK_TEXT(verdict(), "blob outside the table");
}

/* Many steps that name one long string cost time; the verifier bounds it. */
static void bounded_reading(void) {
  static char text[60000];
  memset(text, 'a', sizeof text - 1);
  sample(&d);
  uint64_t one = draft_str(&d, text);
  for (unsigned i = 0; i < 80; i++) {
    draft_insert(&d, find(&d, STEP_PIVOT_ROOT), (struct draft_step){STEP_READ_ONLY, 0, {one}});
  }
  draft_encode(&d);
  CHECK_TEXT(verdict(), "string is not one string inside the table");
  while (d.count > 90) {
    draft_remove(&d, find(&d, STEP_PIVOT_ROOT) - 1);
  }
  draft_encode(&d);
  CHECK_TEXT(verdict(), "accepted");
}

static void reads_what_was_written(void) {
  fresh();
  struct plan_fault fault;
  CHECK(plan_verify(d.bytes, d.length, &plan, &fault) == 0);
  const struct step *step = plan_first(&plan);
  for (unsigned i = 0; i < d.count; i++, step = plan_next(step)) {
    CHECK_NUMBER(step->code, d.steps[i].code);
    CHECK_TEXT(plan_step_name(step->code), draft_shape(step->code)->name);
    if (step->code == STEP_HOSTNAME) {
      CHECK_TEXT(plan_str(&plan, step->operand[HOSTNAME_NAME]), "c1");
    }
    if (step->code == STEP_GROUPS) {
      uint32_t length;
      const void *gids = plan_blob(&plan, step->operand[GROUPS_GIDS], &length);
      CHECK(length == sizeof sample_gids && memcmp(gids, sample_gids, length) == 0);
    }
    if (step->code == STEP_MASK) {
      uint32_t slots[STEP_OPERANDS_MAX];
      CHECK_NUMBER(plan_step_slots(step, slots), 2);
      CHECK(slots[0] == SLOT_NULL && slots[1] == SLOT_EMPTY);
    }
    if (step->code == STEP_EXEC) {
      const char *env[3];
      CHECK_NUMBER(plan_strs_count(step->operand[EXEC_ENV]), 2);
      plan_strs(&plan, step->operand[EXEC_ENV], env);
      CHECK_TEXT(env[1], "HOME=/");
      CHECK(env[2] == NULL);
    }
  }
}

/* Whatever byte is changed: a verdict, and no read outside (the sanitizers watch). */
static void survives_any_byte(void) {
  fresh();
  size_t length = d.length;
  for (size_t i = 0; i < length; i++) {
    for (unsigned bit = 0; bit < 8; bit += 3) {
      d.bytes[i] ^= (uint8_t)(1u << bit);
      verdict();
      d.bytes[i] ^= (uint8_t)(1u << bit);
    }
  }
  CHECK_TEXT(verdict(), "accepted");
}

/* Plans for `warden check-plan`, and for the fuzzer to start from: plan_layout_test DIRECTORY. */
static void write_plan(const char *directory, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "w");
  CHECK(file != NULL && fwrite(d.bytes, 1, d.length, file) == d.length && fclose(file) == 0);
}

static void write_plans(const char *directory) {
  CHECK(mkdir(directory, 0755) == 0 || errno == EEXIST);
  fresh();
  write_plan(directory, "container.plan");
  d.length -= 8;
  write_plan(directory, "cut-off.bad");
  sample(&d);
  move_behind(&d, STEP_NO_NEW_PRIVS, STEP_SECCOMP);
  draft_encode(&d);
  write_plan(directory, "order.bad");
  sample(&d);
  d.count = 1;
  d.total = d.supplied = 0;
  add(&d, STEP_CLOSE_FDS);
  add(&d, STEP_LOOPBACK_UP);
  add(&d, STEP_HOLD);
  draft_encode(&d);
  write_plan(directory, "namespaces.plan");
}

int main(int argc, char **argv) {
  if (argc == 2) {
    write_plans(argv[1]);
    return check_done();
  }
  reads_what_was_written();
  refused_header();
  refused_too_long_or_unaligned();
  refused_steps();
  refused_slots();
  refused_strings();
  refused_blobs();
  bounded_reading();
  survives_any_byte();
  return check_done();
}
