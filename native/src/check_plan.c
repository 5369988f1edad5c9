#include "check_plan.h"

#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "raw.h"

static _Alignas(8) char bytes[PLAN_LENGTH_MAX + 8];

/* Number of bytes, more than PLAN_LENGTH_MAX if there are more, or -errno. */
static long read_all(int fd) {
  size_t length = 0;
  while (length < sizeof bytes) {
    long got = raw_result(read(fd, bytes + length, sizeof bytes - length));
    if (got == -EINTR) {
      continue;
    }
    if (got <= 0) {
      return got < 0 ? got : (long)length;
    }
    length += (size_t)got;
  }
  return (long)length;
}

int check_plan_main(int argc, char **argv) {
  if (argc > 3) {
    fputs("usage: warden check-plan [FILE]\n", stderr);
    return 2;
  }
  int fd = argc == 3 && strcmp(argv[2], "-") != 0 ? open(argv[2], O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  long length = fd < 0 ? -errno : read_all(fd);
  if (length < 0) {
    fprintf(stderr, "check-plan: reading %s: %s\n", argc == 3 ? argv[2] : "-", strerror((int)-length));
    return 2;
  }
  struct plan plan;
  struct plan_fault fault;
  if (plan_verify(bytes, (size_t)length, &plan, &fault) == 0) {
    printf("accepted: %u monitor steps, %u child steps\n", plan.header->monitor_steps,
           plan.header->child_steps);
    return 0;
  }
  if (fault.step == PLAN_SLOT_NONE) {
    printf("refused: plan %s: %s\n", plan_step_name(fault.code), fault.reason);
  } else {
    printf("refused: step %u %s: %s\n", fault.step, plan_step_name(fault.code), fault.reason);
  }
  return 1;
}
