#include "allow_list.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "sys.h"

enum { ARGUMENTS = 6, PER_ARGUMENT = 4, PER_CALL_MAX = 3 + PER_ARGUMENT * ARGUMENTS, FRAME = 5 };

struct program {
  struct sock_filter code[FRAME + ALLOW_LIST_MAX * PER_CALL_MAX];
  unsigned short length;
};

static void emit(struct program *program, uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
  program->code[program->length++] = (struct sock_filter){code, yes, no, k};
}

static void load(struct program *program, size_t offset) {
  emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_verdict(struct program *program, uint32_t action) {
  emit(program, BPF_RET | BPF_K, action, 0, 0);
}

/* The number is in the accumulator before and, unless the call is decided, afterwards. */
static void emit_call(struct program *program, const struct allowed_call *call) {
  uint8_t left = (uint8_t)(PER_ARGUMENT * __builtin_popcount(call->arguments));
  emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->number, 0, (uint8_t)(left + 2));
  for (unsigned i = 0; i < ARGUMENTS; i++) {
    size_t word = offsetof(struct seccomp_data, args) + sizeof(uint64_t) * i;
    if ((call->arguments & ARGUMENT(i)) != 0) {
      load(program, word);
      emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->value, 0, (uint8_t)(left - 1));
      load(program, word + sizeof(uint32_t));
      emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(call->value >> 32), 0, (uint8_t)(left - 3));
      left = (uint8_t)(left - PER_ARGUMENT);
    }
  }
  emit_verdict(program, SECCOMP_RET_ALLOW);
  load(program, offsetof(struct seccomp_data, nr));
}

int allow_list_install(const struct allowed_call *calls, unsigned count) {
  struct program program = {.length = 0};
  if (count > ALLOW_LIST_MAX) {
    errno = E2BIG;
    return -1;
  }
  load(&program, offsetof(struct seccomp_data, arch));
  emit(&program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0);
  emit_verdict(&program, SECCOMP_RET_KILL_PROCESS);
  load(&program, offsetof(struct seccomp_data, nr));
  for (unsigned i = 0; i < count; i++) {
    emit_call(&program, &calls[i]);
  }
  emit_verdict(&program, SECCOMP_RET_KILL_PROCESS);
  struct sock_fprog filter = {program.length, program.code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return -1;
  }
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

static bool is_allowed(const struct allowed_call *allowed, const struct seccomp_data *call) {
  for (unsigned i = 0; i < ARGUMENTS; i++) {
    if ((allowed->arguments & ARGUMENT(i)) != 0 && call->args[i] != allowed->value) {
      return false;
    }
  }
  return allowed->number == call->nr;
}

bool allow_list_has(const struct allowed_call *calls, unsigned count, const struct seccomp_data *call) {
  bool has = false;
  for (unsigned i = 0; i < count; i++) {
    has = has || is_allowed(&calls[i], call);
  }
  return has && call->arch == NATIVE_ARCHITECTURE;
}
