/* Sealed memfds: bytes that nobody can change any more, and an executable made of such. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether /proc/self/exe is such a copy. */
bool sealed_already(void);

/*
 * Copies /proc/self/exe into a sealed memfd of mode 0711 and executes it with the same arguments and an empty
 * environment. Returns only on failure: the name of the step that failed, with errno set.
 */
const char *sealed_reexec(char **argv);

/*
 * Maps a memfd that its maker has sealed against every change; at most `most` bytes. NULL with errno: EPERM
 * if it is not sealed, EFBIG or ENODATA for its size.
 */
const void *sealed_map(int fd, size_t most, size_t *length);
