/* The child's half of a launch plan. */
#pragma once

#include "plan.h"
#include "shared_page.h"

/*
 * Waits until page->gate is open, then carries out the child's steps in order and ends in exec, or in _exit
 * after HOLD. A failed step is written to the page, `failed` last, and the process leaves with status 127.
 * slot_fds: descriptor of each slot (header->slots_total of them), -1 where an `out` operand is still to fill
 * it. None is below 3: the caller keeps 0, 1 and 2 open. The caller is single-threaded, non-dumpable, all
 * signals at their defaults.
 */
_Noreturn void child_run(const struct plan *plan, struct shared_page *page, int *slot_fds);
