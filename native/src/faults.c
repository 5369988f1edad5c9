#include "faults.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "plan.h"

#define VARIABLE "WARDEN_FAULT"
#define RETURN_ALLOW 0x7fff000000000006ull /* BPF_RET | BPF_K, SECCOMP_RET_ALLOW */

struct fault {
  char kind[16];
  char step[32];
  int nth; /* -1 = every */
  unsigned operand;
  const char *value;
  size_t value_length;
};

static _Noreturn void misspelt(void) {
  static const char message[] = "warden-fault: " VARIABLE " is misspelt\n";
  (void)!write(2, message, sizeof message - 1);
  abort();
}

/* Copies up to the next ':' or the end; what comes behind it. */
static const char *take(const char *at, const char *end, char *out, size_t size) {
  size_t length = 0;
  while (at + length < end && at[length] != ':') {
    length++;
  }
  if (length == 0 || length >= size) {
    misspelt();
  }
  memcpy(out, at, length);
  out[length] = 0;
  return at + length + (at + length < end);
}

static struct fault parse(const char *at, const char *end) {
  struct fault fault = {.nth = -1};
  char number[16];
  at = take(at, end, fault.kind, sizeof fault.kind);
  at = take(at, end, fault.step, sizeof fault.step);
  char *dot = strchr(fault.step, '.');
  if (dot) {
    fault.nth = atoi(dot + 1);
    *dot = 0;
  }
  if (at < end) {
    at = take(at, end, number, sizeof number);
    fault.operand = (unsigned)atoi(number);
  }
  fault.value = at;
  fault.value_length = (size_t)(end - at);
  return fault;
}

static bool meant(const struct fault *fault, const struct plan *plan, const struct step *step) {
  if (strcmp(fault->step, plan_step_name(step->code)) != 0) {
    return false;
  }
  int nth = 0;
  for (const struct step *other = plan_first(plan); other != step; other = plan_next(other)) {
    nth += other->code == step->code;
  }
  return fault->nth < 0 || fault->nth == nth;
}

/* The next fault of the list that is meant for this step; *at is moved behind it. */
static bool next_fault(const char **at, const struct plan *plan, const struct step *step,
                       struct fault *fault) {
  while (*at && **at) {
    const char *end = *at + strcspn(*at, ";");
    *fault = parse(*at, end);
    *at = *end ? end + 1 : end;
    if (meant(fault, plan, step)) {
      return true;
    }
  }
  return false;
}

/* The plan is a private mapping: writing to it changes what this process will do, and nothing else. */
static void overwrite(const void *at, const void *bytes, size_t length) {
  uintptr_t page = (uintptr_t)at & ~(uintptr_t)4095;
  size_t span = (uintptr_t)at + length - page;
  if (mprotect((void *)page, span, PROT_READ | PROT_WRITE) != 0) {
    abort();
  }
  memcpy((void *)(uintptr_t)at, bytes, length);
}

static void overwrite_text(const struct plan *plan, const struct fault *fault, uint64_t *operand) {
  char text[256];
  if (fault->value_length > (uint32_t)*operand || fault->value_length >= sizeof text) {
    misspelt();
  }
  memcpy(text, fault->value, fault->value_length);
  text[fault->value_length] = 0;
  overwrite(plan_str(plan, *operand), text, fault->value_length + 1);
  *operand = (*operand & ~0xffffffffull) | fault->value_length;
}

/* False: the step is left out. */
static bool apply(const struct fault *fault, const struct plan *plan, struct step *step) {
  uint64_t *operand = &step->operand[fault->operand];
  uint64_t value = strtoull(fault->value, NULL, 0);
  uint32_t length;
  if (strcmp(fault->kind, "skip") == 0) {
    return false;
  }
  if (strcmp(fault->kind, "set") == 0) {
    *operand = value;
  } else if (strcmp(fault->kind, "or") == 0) {
    *operand |= value;
  } else if (strcmp(fault->kind, "clear") == 0) {
    *operand &= ~value;
  } else if (strcmp(fault->kind, "text") == 0) {
    overwrite_text(plan, fault, operand);
  } else if (strcmp(fault->kind, "word") == 0) {
    overwrite(plan_blob(plan, *operand, &length), &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
  } else if (strcmp(fault->kind, "allow") == 0) {
    overwrite(plan_blob(plan, *operand, &length), &(uint64_t){RETURN_ALLOW}, sizeof(uint64_t));
  }
  return true;
}

const struct step *fault_alter(const struct plan *plan, const struct step *step) {
  static _Alignas(8) uint8_t copy[sizeof *step + STEP_OPERANDS_MAX * sizeof(uint64_t)];
  const char *at = getenv(VARIABLE);
  struct fault fault;
  memcpy(copy, step, step->length);
  while (next_fault(&at, plan, step, &fault)) {
    if (!apply(&fault, plan, (struct step *)(void *)copy)) {
      return NULL;
    }
  }
  return (const struct step *)(const void *)copy;
}

/* Only the workload could tell that it is there: an empty file system, which anybody may write. */
static void mount_tmpfs(struct child *c, const char *at, size_t length) {
  char path[256];
  if (length >= sizeof path) {
    misspelt();
  }
  memcpy(path, at, length);
  path[length] = 0;
  int context = (int)raw(SYS_fsopen, (long)"tmpfs", FSOPEN_CLOEXEC, 0);
  syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
  int mount = (int)raw(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
  int target = path_open(c, path);
  if (target < 0 || raw_attach(mount, target) < 0) {
    abort();
  }
  raw_close(target);
  raw_close(mount);
  raw_close(context);
}

static void aftermath(struct child *c, const struct fault *fault) {
  sigset_t set;
  int signal_number = (int)fault->operand;
  if (strcmp(fault->kind, "keepfd") == 0) {
    (void)open("/", O_RDONLY | O_DIRECTORY);
  } else if (strcmp(fault->kind, "mount") == 0) {
    mount_tmpfs(c, fault->value, fault->value_length);
  } else if (strcmp(fault->kind, "ignore") == 0) {
    signal(signal_number, SIG_IGN);
  } else if (strcmp(fault->kind, "block") == 0) {
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    sigprocmask(SIG_BLOCK, &set, NULL);
  }
}

/* The errno that a step is denied with, or 0. */
static int denied(const struct child *c) {
  const char *at = getenv(VARIABLE);
  struct fault fault;
  while (next_fault(&at, c->plan, c->step, &fault)) {
    if (strcmp(fault.kind, "deny") == 0 && child_is_traced(c)) {
      return (int)fault.operand;
    }
  }
  return 0;
}

int fault_step(struct child *c, step_function *function) {
  int error = denied(c);
  if (error) {
    return -error;
  }
  const struct step *altered = fault_alter(c->plan, c->step);
  int result = altered ? function(c, altered->operand) : 0;
  const char *at = getenv(VARIABLE);
  struct fault fault;
  while (result >= 0 && next_fault(&at, c->plan, c->step, &fault)) {
    aftermath(c, &fault);
  }
  return result;
}
