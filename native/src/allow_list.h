/* seccomp filters of warden's own processes: a list of what they still call; anything else kills the process.
 */
#pragma once

#include <stdint.h>

#define ALLOW_LIST_MAX 64

struct allowed_call {
  int number;
  int argument; /* -1 = any arguments; otherwise this one must equal value */
  uint64_t value;
};

/* Sets no_new_privs and installs the filter. 0, or -1 with errno. */
int allow_list_install(const struct allowed_call *calls, unsigned count);
