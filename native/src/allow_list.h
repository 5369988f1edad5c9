/* seccomp filters of warden's own processes: a list of what they still call; anything else kills the process.
 */
#pragma once

#include <stdint.h>

#define ALLOW_LIST_MAX 32
#define ARGUMENT(index) (1u << (index))

struct allowed_call {
  int number;
  unsigned arguments; /* of ARGUMENT: each of these must equal value, 0 = any arguments */
  uint64_t value;
};

/* Sets no_new_privs and installs the filter. 0, or -1 with errno. */
int allow_list_install(const struct allowed_call *calls, unsigned count);
