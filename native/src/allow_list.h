/*
 * Lists of what warden's own processes still call. As a seccomp filter: anything else kills the process. And
 * to be asked by whoever holds a process at its calls.
 */
#pragma once

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "warden is built for x86_64 and arm64"
#endif

#define ALLOW_LIST_MAX 32
#define ARGUMENT(index) (1u << (index))

struct allowed_call {
  int number;
  unsigned arguments; /* of ARGUMENT: each of these must equal value, 0 = any arguments */
  uint64_t value;
};

/* Sets no_new_privs and installs the filter. 0, or -1 with errno. */
int allow_list_install(const struct allowed_call *calls, unsigned count);
/* Whether the list allows this call of a process. */
bool allow_list_has(const struct allowed_call *calls, unsigned count, const struct seccomp_data *call);
