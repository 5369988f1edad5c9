/*
 * Fault injection, in the binary warden-fault only: a launch that does not do what its plan says, to prove
 * that the receipt finds out. The environment variable WARDEN_FAULT of `serve` holds faults separated by ';':
 *   skip:STEP              the step is left out
 *   set|or|clear:STEP:N:V  operand N (from 0) becomes V, gets the bits V, loses the bits V
 *   text:STEP:N:TEXT       string operand N becomes TEXT, which must not be longer
 *   word:STEP:N:V          the first four bytes of blob operand N become V
 *   allow:SECCOMP          the filter allows everything
 *   mount:STEP:0:PATH      after the step a tmpfs is mounted on PATH, which is relative to the root
 *   deny:STEP:N            the step fails with errno N if a tracer is there, as a security module makes it
 *   keepfd:STEP            after the step an inheritable descriptor is left open
 *   ignore:STEP:N          after the step signal N is ignored; block:STEP:N blocked
 * STEP is a name of plan.abi, with .I behind it for the Ith (from 0) of that name only. V may be hexadecimal
 * (0x).
 */
#pragma once

#include "child_state.h"

/* The step as it is carried out instead, or NULL if it is left out. */
const struct step *fault_alter(const struct plan *plan, const struct step *step);

/* Carries out c->step with its faults. */
int fault_step(struct child *c, step_function *function);
