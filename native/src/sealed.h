/* Sealed memfds: bytes that nobody can change any more, and an executable made of such. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether /proc/self/exe is a copy that nothing can change. */
bool sealed_already(void);

/*
 * Copies /proc/self/exe into a sealed memfd of mode 0711 and executes that with the same arguments and an
 * empty environment. Where vm.memfd_noexec forbids it, the executable is run from a detached read-only
 * overlay instead, which needs spare_directory, any other directory, as second layer. Returns only on
 * failure: what failed, with errno set.
 */
const char *sealed_reexec(char **argv, const char *spare_directory);

/*
 * Maps a memfd that its maker has sealed against every change; at most `most` bytes. NULL with errno: EPERM
 * if it is not sealed, EFBIG or ENODATA for its size.
 */
const void *sealed_map(int fd, size_t most, size_t *length);
