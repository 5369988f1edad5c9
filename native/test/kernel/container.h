/* The plan of an ordinary container, for the test bed. */
#pragma once

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "bed.h"

#define SLOT_SYS (SLOT_TREE + 1)
#define SLOT_SHM (SLOT_TREE + 2)
#define SLOT_DEV (SLOT_TREE + 3)

#ifdef SYS_mkdir
#define CALL_OF_MKDIR SYS_mkdir
#else
#define CALL_OF_MKDIR SYS_mkdirat
#endif

static const struct sock_filter allow_but_mkdir[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL_OF_MKDIR, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* Root, /proc, /sys, /dev with pts and shm. */
static inline void container_root(const struct bed *bed, struct draft *d, uint64_t flags) {
  const char *const dev[] = {"mode=755", "size=64k", NULL};
  const char *const pts[] = {"newinstance", "ptmxmode=0666", "mode=0620", NULL};
  char root[64];
  memset(d, 0, sizeof *d);
  d->supplied = SLOT_PROC;
  d->total = SLOT_DEV + 1;
  snprintf(root, sizeof root, "%s/root", bed->work);
  add(d, STEP_CLONE, flags, NUMBER(PLAN_SLOT_NONE));
  if (flags & CLONE_NEWUSER) {
    add(d, STEP_ID_MAPS, "written by the bed", "written by the bed", NUMBER(1));
  }
  add(d, STEP_TRACE);
  add(d, STEP_CLOSE_FDS);
  add(d, STEP_SET_SID);
  add(d, STEP_UNSHARE, NUMBER(CLONE_NEWCGROUP));
  add(d, STEP_SESSION_KEYRING, "_ses.test");
  add(d, STEP_PROPAGATION, NUMBER(MS_REC | MS_SLAVE));
  add(d, STEP_LOOPBACK_UP);
  add(d, STEP_USE_ROOT, NUMBER(SLOT_ROOT), root);
  if (flags &
      CLONE_NEWUSER) { /* now the bed's directory is entered, and what is made belongs to the namespace */
    add(d, STEP_USER_NS_ROOT);
  }
  add(d, STEP_MOUNT_FS, "proc", sample_none, NUMBER(0), NUMBER(SLOT_PROC));
  add(d, STEP_MOUNT_FS, "tmpfs", dev, NUMBER(MOUNT_ATTR_RDONLY), NUMBER(SLOT_EMPTY));
  add(d, STEP_MOUNT_FS, "proc", sample_none, NUMBER(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), NUMBER(SLOT_TREE));
  add(d, STEP_MOUNT_FS, "sysfs", sample_none, NUMBER(MOUNT_ATTR_RDONLY), NUMBER(SLOT_SYS));
  add(d, STEP_MOUNT_FS, "tmpfs", dev, NUMBER(MOUNT_ATTR_NOSUID), NUMBER(SLOT_DEV));
  add(d, STEP_MOUNT_FS, "devpts", pts, NUMBER(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), NUMBER(SLOT_DEVPTS));
  add(d, STEP_MOUNT_FS, "mqueue", sample_none, NUMBER(MOUNT_ATTR_NOSUID), NUMBER(SLOT_SHM));
  add(d, STEP_ATTACH, NUMBER(SLOT_TREE), "proc", NUMBER(0), NUMBER(0));
  add(d, STEP_ATTACH, NUMBER(SLOT_SYS), "sys", NUMBER(1), NUMBER(MS_PRIVATE | MS_REC));
  add(d, STEP_ATTACH, NUMBER(SLOT_DEV), "dev", NUMBER(1), NUMBER(0));
  add(d, STEP_ATTACH, NUMBER(SLOT_DEVPTS), "dev/pts", NUMBER(1), NUMBER(0));
  add(d, STEP_ATTACH, NUMBER(SLOT_SHM), "dev/mqueue", NUMBER(1), NUMBER(0));
  add(d, STEP_MAKE_SYMLINK, "pts/ptmx", "dev/ptmx");
  add(d, STEP_MASK, "proc/kcore", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(d, STEP_MASK, "proc/keys", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(d, STEP_MASK, "sys/firmware", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(d, STEP_MASK, "proc/irq", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(d, STEP_MASK, "proc/acpi/not/there", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(d, STEP_READ_ONLY, "proc/sys");
  add(d, STEP_READ_ONLY, "proc/bus");
  add(d, STEP_PIVOT_ROOT);
}

static inline void container_process(struct draft *d, const char *const *args) {
  const char *const env[] = {"PATH=/bin", "GREETING=hello", NULL};
  add(d, STEP_STDIO, NUMBER(SLOT_IN), NUMBER(SLOT_OUT), NUMBER(SLOT_ERR));
  add(d, STEP_RLIMIT, NUMBER(RLIMIT_NOFILE), NUMBER(100), NUMBER(200));
  add(d, STEP_CLOSE_FDS);
  add(d, STEP_UMASK, NUMBER(027));
  add(d, STEP_CHDIR, "/tmp", NUMBER(1));
  add(d, STEP_BOUNDING, NUMBER(0x421));
  add(d, STEP_SECUREBITS, NUMBER(0));
  add(d, STEP_KEEP_CAPS);
  add(d, STEP_GROUPS, sample_gids, sizeof sample_gids);
  add(d, STEP_GID, NUMBER(3000));
  add(d, STEP_UID, NUMBER(2000));
  add(d, STEP_NO_NEW_PRIVS);
  add(d, STEP_CAPSET, NUMBER(0x401), NUMBER(0x401), NUMBER(0x400));
  add(d, STEP_AMBIENT, NUMBER(0x400));
  add(d, STEP_REPORT);
  add(d, STEP_RESOLVE, args[0], "/nowhere:/bin");
  add(d, STEP_SECCOMP, allow_but_mkdir, sizeof allow_but_mkdir, NUMBER(0));
  add(d, STEP_EXEC, args, env);
}
