/* A program of the host run for the engine: CNI plugins, hooks. */
#pragma once

#include "packet.h"

/* sealed memfd of strings, stdin, stdout, stderr, monitor's end of a socketpair, cgroup */
#define HELPER_FDS 6

/*
 * In a fork of serve: runs the program in the mount namespace host_mounts and in a session of its own, born
 * in the given cgroup, and reports MSG_EXITED, or MSG_FAILED if it could not be started. After
 * order->timeout_ms it is killed; whatever it has started is in the cgroup, for the engine to kill.
 */
_Noreturn void helper_run(const struct msg_helper *order, const int fds[HELPER_FDS], int host_mounts);
