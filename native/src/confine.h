/* What a monitor gives up before it tells the engine of the child. */
#pragma once

#include <sys/types.h>

/*
 * Drops every capability but KILL, forbids itself to open any file and to name any but within exit_directory
 * (Landlock), and all system calls but those of the relay and the end of the launch (seccomp).
 * exit_directory may be -1. 0, or -1 with errno: then the process must not go on.
 */
int confine(int exit_directory, pid_t child);

/* Drops KILL too, when the verdict has been carried out. 0, or -1 with errno. */
int confine_drop_kill(void);
