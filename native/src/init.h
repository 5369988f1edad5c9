/* Pid 1 of a pod whose containers share one PID namespace. */
#pragma once

/* Reaps until SIGTERM or SIGINT, then returns 0; the kernel ends the rest of the namespace with it. 1 = could
 * not confine itself. */
int init_main(void);
