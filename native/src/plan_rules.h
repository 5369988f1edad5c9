/* The parts of plan_verify() that are not about layout; each returns 0, or -1 with *fault filled. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/* Fills *fault; returns -1. */
int plan_refuse(struct plan_fault *fault, uint32_t step, uint16_t code, const char *reason);

/* Each operand by itself. */
int plan_check_values(const struct plan *plan, struct plan_fault *fault);

/* Presence and order of steps: what would leave a container silently open, whatever the sender's own laws
 * say. */
int plan_check_laws(const struct plan *plan, struct plan_fault *fault);

/* What the steps so far have entered. */
struct plan_entered {
  uint64_t own;   /* CLONE_NEW* of the namespaces that are no longer the monitor's */
  uint64_t bound; /* and of those that mounts already show */
  bool rooted;    /* paths name what is in the container */
};

/* Takes one step into *now; returns the reason to refuse it, or NULL. */
const char *plan_check_namespaces(const struct plan *plan, const struct step *step, struct plan_entered *now);
