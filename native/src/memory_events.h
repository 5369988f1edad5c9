/* The out-of-memory count of a cgroup. */
#pragma once

#include <stdint.h>

/* oom_kill of an open memory.events file (cgroup v2 documentation); 0 if fd is -1 or the file says nothing of
 * it. */
uint32_t memory_events_oom_kills(int fd);
