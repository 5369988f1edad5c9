/* The record of a container's end, for an engine that was not there to hear of it. */
#pragma once

#include "protocol.h"

/* Writes the lines status (wait status), oom_kills and time_ns into directory/name, durably and all at once.
 * 0, or -1. */
int exit_record_write(int directory, const char *name, const struct msg_exited *exited);
