/* The child's half of a launch plan. */
#pragma once

#include "plan.h"
#include "shared_page.h"

/*
 * Waits until page->gate is open (at most GATE_SECONDS), then carries out the child's steps in order and ends
 * in exec, or in _exit after HOLD. A failed step is written to the page, `failed` last, and the process
 * leaves with status 127; once a filter is installed even that may be denied, so whoever sees `failed` kills.
 * slot_fds: descriptor of each slot (header->slots_total of them), -1 where an `out` operand is still to fill
 * it. None is below 3: the caller keeps 0, 1 and 2 open. The caller is single-threaded and non-dumpable.
 *
 * The parent-death signal is SIGKILL while the child is not traced: a stage that clones for the monitor and
 * then leaves uses CLONE_PARENT.
 *
 * Errors that no system call gave: ESTALE, a path shows something else than what was just mounted there;
 * EMEDIUMTYPE, a descriptor, device or file system is not of the kind the step needs; EISNAM, the target of a
 * mount lies on procfs; ECHRNG, the working directory cannot be reached from the root; ETIMEDOUT, the monitor
 * did not fetch a descriptor.
 */
_Noreturn void child_run(const struct plan *plan, struct shared_page *page, int *slot_fds);

#define GATE_SECONDS 120
