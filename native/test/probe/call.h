/* Calls with arguments that make no sense to any of them: every bit is set, so no pointer and no descriptor.
 */
#pragma once

#include <limits.h>

enum { CALL_NUMBERS = 500, X32_BIT = 0x40000000 };

/* Where a call has no answer. */
#define CALL_UNKNOWN LONG_MIN

#ifdef __x86_64__
#define CALL_HAS_X86 1

/* Inline, because a call that forks returns twice, and vfork(2) on the same stack. */
static inline __attribute__((always_inline)) long call_senseless(long number) {
  register long fourth __asm__("r10") = -1;
  register long fifth __asm__("r8") = -1;
  register long sixth __asm__("r9") = -1;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(number), "D"(-1L), "S"(-1L), "d"(-1L), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  return result;
}

/* By the entry of 32-bit programs; its sixth argument is in ebp. */
static inline long call_x86(long number) {
  long result;
  __asm__ volatile("push %%rbp\n\tmov $-1, %%rbp\n\tint $0x80\n\tpop %%rbp"
                   : "=a"(result)
                   : "0"(number), "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L)
                   : "r8", "r9", "r10", "r11", "memory");
  return (int)result;
}
#else
#define CALL_HAS_X86 0

static inline __attribute__((always_inline)) long call_senseless(long number) {
  register long call __asm__("x8") = number;
  register long first __asm__("x0") = -1;
  register long second __asm__("x1") = -1;
  register long third __asm__("x2") = -1;
  register long fourth __asm__("x3") = -1;
  register long fifth __asm__("x4") = -1;
  register long sixth __asm__("x5") = -1;
  __asm__ volatile("svc 0"
                   : "+r"(first)
                   : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "memory");
  return first;
}

static inline long call_x86(long number) {
  (void)number;
  return CALL_UNKNOWN;
}
#endif
