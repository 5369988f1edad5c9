/* One launch of the floor: made and ended by floor.c, its devices by devices.c, its child by child.c. */
#pragma once

#include <linux/filter.h>
#include <linux/mount.h>

#define ATTRIBUTES_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* shm and the three files, as the daemon binds them from the pod's directory. */
#define POD_MOUNTS 4
struct pod_mount {
  const char *from, *to;
  int is_file;
};
extern const struct pod_mount pod_mounts[POD_MOUNTS];

/* What one launch holds. */
struct launch {
  char state[256], at[300], leaf[300];
  int root, cgroup, log, output, error; /* output, error: read ends here, write ends in the child */
  int child_output, child_error;
  int clones[POD_MOUNTS];
};

/* Net, ipc and uts namespace of the pod; the filter. */
extern int namespaces[3];
extern struct sock_fprog program;

void die(const char *what);
void need(long result, const char *what);
int make_mount(const char *type, const char *const *options, unsigned attributes);
/* Attaches the program of the default device rules. */
void limit_devices(int cgroup);
/* In the child: everything up to the exec of the program. */
void child(const struct launch *l, const char *path);
