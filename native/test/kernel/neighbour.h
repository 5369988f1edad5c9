/* Execs of the program into the PID namespace of a running container, and who else lives there. */
#pragma once

#include "engine.h"

int namespace_fd(pid_t pid, const char *name);

/* A whole plan for it. */
void exec_draft(const struct engine *engine, struct draft *draft, const struct program_plan *plan);
int exec_into(struct engine *engine, struct draft *draft, pid_t target);

/* Whether nobody but the target lives in its PID namespace, or soon will. */
bool alone_soon(pid_t target);
/* Of the launch that began last. */
pid_t newest_monitor(const struct engine *engine);
