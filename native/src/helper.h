/* A program of the host run for the engine: CNI plugins, hooks. */
#pragma once

#include <sched.h>
#include <stdbool.h>

#include "packet.h"

/* sealed memfd of strings, stdin, stdout, stderr, monitor's end of a socketpair, cgroup; one more for a
 * program that is shown a container: a pidfd of its process */
#define HELPER_FDS 6

/* What such a program may join: nobody in the container can look at it, as they could in their PID namespace
 */
#define HELPER_NAMESPACES ((unsigned)(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP))

/*
 * In a fork of serve: runs the program in the mount namespace host_mounts and in a session of its own, born
 * in the given cgroup, and reports MSG_EXITED, or MSG_FAILED if it could not be started. After
 * order->timeout_ms it is killed; whatever it has started is in the cgroup, for the engine to kill. One that
 * is shown a container has a copy of that namespace, with the container's mounts at "rootfs" of its
 * directory.
 */
_Noreturn void helper_run(const struct msg_helper *order, const int *fds, bool shown, int host_mounts);
