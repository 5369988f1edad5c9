/* The parts of plan_verify() that are not about layout; each returns 0, or -1 with *fault filled. */
#pragma once

#include "plan.h"

/* Fills *fault; returns -1. */
int plan_refuse(struct plan_fault *fault, uint32_t step, uint16_t code, const char *reason);

/* Each operand by itself. */
int plan_check_values(const struct plan *plan, struct plan_fault *fault);

/* Presence and order of steps: what would leave a container silently open, whatever the sender's own laws
 * say. */
int plan_check_laws(const struct plan *plan, struct plan_fault *fault);
