/* How serve comes to be: sealed, detached from its parent, in a mount namespace of its own, listening. */
#pragma once

#include "peer.h"

struct serve_options {
  const char *run_dir;
  const char *cgroup;      /* directory to move to, or NULL to stay */
  const char *peer_cgroup; /* cgroup an engine must be in, or NULL */
};

struct serve_birth {
  int listener;
  int host_mounts; /* mount namespace serve was born in, where helpers run */
  struct peer_law law;
};

/*
 * Returns only in the server, with *birth filled. The process that called leaves with status 0 once the
 * server listens, or with 1 after one line on stderr.
 */
void serve_start(const struct serve_options *options, struct serve_birth *birth);
