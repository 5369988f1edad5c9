/* warden: launch server, monitor, child stage and pod init in one static binary. */
#include <stdio.h>
#include <string.h>

#include "build_id.h"
#include "check_plan.h"
#include "init.h"
#include "plan.h"
#include "serve.h"

#define WARDEN_VERSION "0.1.0"

static int usage(void) {
  fputs(
      "usage: warden serve --run-dir DIR [--cgroup DIR] [--peer-cgroup PATH]\n"
      "       warden init                pid 1 of a pod that shares one PID namespace\n"
      "       warden check-plan [FILE]   whether a launch plan is sound: exit 0 or 1\n"
      "       warden --abi               number of the plan ABI and build identity\n"
      "       warden --version\n",
      stderr);
  return 2;
}

int main(int argc, char **argv) {
  if (argc == 1 && strcmp(argv[0], "init") == 0) { /* as a plan's EXEC_FD names it */
    return init_main();
  }
  if (argc < 2) {
    return usage();
  }
  if (strcmp(argv[1], "serve") == 0) {
    return serve_main(argc, argv);
  }
  if (strcmp(argv[1], "init") == 0) {
    return init_main();
  }
  if (strcmp(argv[1], "--abi") == 0) {
    printf("%d %s\n", PLAN_ABI, BUILD_ID_HEX);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts("warden " WARDEN_VERSION);
    return 0;
  }
  if (strcmp(argv[1], "check-plan") == 0) {
    return check_plan_main(argc, argv);
  }
  return usage();
}
