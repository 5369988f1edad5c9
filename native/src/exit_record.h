/* The record of a container's end, for an engine that was not there to hear of it. */
#pragma once

#include "protocol.h"

/*
 * Writes the lines status (wait status), oom_kills, time_ns and log_lost_records, log_lost_bytes, log_error
 * into directory/name, all at once: who looks sees the whole record or none. A descriptor of it, or -1 with
 * errno.
 */
int exit_record_write(int directory, const char *name, const struct msg_exited *exited);

/* Makes it durable, and closes the record. Apart, because an engine that is told of the end need not wait for
 * the disk. */
void exit_record_sync(int directory, int record);
