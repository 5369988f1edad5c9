/* A program of the host run for the engine: CNI plugins, hooks. */
#pragma once

#include "packet.h"

#define HELPER_FDS 5 /* sealed memfd of strings, stdin, stdout, stderr, monitor's end of a socketpair */

/*
 * In a fork of serve: runs the program in the mount namespace host_mounts, in a session of its own, and
 * reports MSG_EXITED, or MSG_FAILED if it could not be started. After order->timeout_ms its process group is
 * killed.
 */
_Noreturn void helper_run(const struct msg_helper *order, const int fds[HELPER_FDS], int host_mounts);
