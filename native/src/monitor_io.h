/* What a monitor does after the release: output to the log, requests of engines, the end of the child. */
#pragma once

#include "relay.h"

/* Room a name in the exit directory leaves for that of the file it is written as first. */
#define EXIT_NAME_SPARE 8

/*
 * Takes over the monitor's descriptors, closes all others, unmaps the plan and confines the process. From
 * here on it can still release or kill the child. 0, or -1 with errno.
 */
int monitor_io_prepare(struct relay *relay, struct monitor *monitor);

/* Relays until the child's end, records and reports it, and leaves. */
_Noreturn void monitor_io(struct relay *relay);
