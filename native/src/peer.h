/* Who may talk to serve: root of the namespaces, and of the cgroup, that serve itself was born in. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define PEER_NAMESPACES 3

struct peer_law {
  struct {
    dev_t device;
    ino_t inode;
  } namespaces[PEER_NAMESPACES]; /* user, pid, mnt */
  const char *cgroup; /* path of the cgroup2 hierarchy as /proc/PID/cgroup shows it, or NULL for any */
};

/* Takes the caller's own namespaces as the ones to ask for. 0, or -1 with errno. */
int peer_law_of_self(struct peer_law *law, const char *cgroup);

/* Whether the process that connected this socket keeps the law and is still alive. */
bool peer_keeps_law(int socket, const struct peer_law *law);

/*
 * Whether these are descriptors of the law's namespaces. Who confined itself can still look at them, and who
 * is in other namespaces has none: to open them takes as much as to trace a process there.
 */
bool peer_shows_law(const int *fds, unsigned count, const struct peer_law *law);

/* Whether the process that connected this socket had uid 0. */
bool peer_is_root(int socket);
