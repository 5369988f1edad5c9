/* A plan with nearly every step, which plan_verify() accepts: tests change one thing and see it refused. */
#pragma once

#include <linux/mount.h>
#include <linux/sched.h>

#include "draft.h"

#define NUMBER(value) ((uint64_t)(value))

enum sample_slot {
  SLOT_IN,
  SLOT_OUT,
  SLOT_ERR,
  SLOT_ROOT,
  SLOT_NULL,
  SLOT_LOG,
  SLOT_PROC,
  SLOT_EMPTY,
  SLOT_DEVPTS,
  SLOT_TREE
};

#define SAMPLE_FLAGS (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)

static const char *const sample_none[] = {NULL};
static const uint32_t sample_gids[] = {10, 20};
static const uint64_t sample_filter[] = {0x7fff000000000006}; /* BPF_RET | BPF_K SECCOMP_RET_ALLOW */

static inline void sample_monitor(struct draft *d) {
  add(d, STEP_CLONE, NUMBER(SAMPLE_FLAGS), NUMBER(PLAN_SLOT_NONE));
  add(d, STEP_OOM_SCORE_ADJ, NUMBER(-100));
  add(d, STEP_TRACE);
  add(d, STEP_LOG, NUMBER(SLOT_OUT), NUMBER(PLAN_SLOT_NONE), NUMBER(SLOT_LOG));
  add(d, STEP_EXIT_RECORD, NUMBER(SLOT_LOG), "exit");
}

static inline void sample_root(struct draft *d) {
  const char *const options[] = {"mode=755", "size=64k", NULL};
  add(d, STEP_CLOSE_FDS);
  add(d, STEP_SET_SID);
  add(d, STEP_UNSHARE, NUMBER(CLONE_NEWCGROUP));
  add(d, STEP_SESSION_KEYRING, "_ses.c1");
  add(d, STEP_PROPAGATION, NUMBER(MS_REC | MS_SLAVE));
  add(d, STEP_MOUNT_FS, "proc", sample_none, NUMBER(0), NUMBER(SLOT_PROC));
  add(d, STEP_MOUNT_FS, "tmpfs", options, NUMBER(MOUNT_ATTR_RDONLY), NUMBER(SLOT_EMPTY));
  add(d, STEP_MOUNT_FS, "devpts", sample_none, NUMBER(MOUNT_ATTR_NOSUID), NUMBER(SLOT_DEVPTS));
  add(d, STEP_USE_ROOT, NUMBER(SLOT_ROOT), "/run/stockade/root");
  add(d, STEP_ATTACH, NUMBER(SLOT_DEVPTS), "dev/pts", NUMBER(1), NUMBER(MS_PRIVATE));
  add(d, STEP_MAKE_DIR, "dev/shm", NUMBER(01777), NUMBER(0), NUMBER(0));
  add(d, STEP_MAKE_NODE, "dev/null", NUMBER(020666), NUMBER(1ull << 32 | 3), NUMBER(0), NUMBER(0));
  add(d, STEP_MAKE_SYMLINK, "/proc/self/fd", "dev/fd");
  add(d, STEP_MASK, "proc/kcore", NUMBER(SLOT_NULL), NUMBER(SLOT_EMPTY));
  add(d, STEP_READ_ONLY, "proc/sys");
  add(d, STEP_OPEN_DIR, "dev/pts", NUMBER(SLOT_TREE));
  add(d, STEP_ROOT_ATTRIBUTES, NUMBER(MOUNT_ATTR_RDONLY), NUMBER(0));
  add(d, STEP_PIVOT_ROOT);
}

static inline void sample_process(struct draft *d) {
  const char *const args[] = {"true", NULL};
  const char *const env[] = {"PATH=/bin", "HOME=/", NULL};
  add(d, STEP_HOSTNAME, "c1");
  add(d, STEP_SYSCTL, NUMBER(SLOT_PROC), "net/ipv4/ip_forward", "0");
  add(d, STEP_RLIMIT, NUMBER(7), NUMBER(64), NUMBER(128));
  add(d, STEP_LSM_ATTRIBUTE, NUMBER(SLOT_PROC), "exec", "label");
  add(d, STEP_STDIO, NUMBER(SLOT_IN), NUMBER(SLOT_OUT), NUMBER(SLOT_ERR));
  add(d, STEP_CLOSE_FDS);
  add(d, STEP_UMASK, NUMBER(022));
  add(d, STEP_CHDIR, "/", NUMBER(0));
  add(d, STEP_BOUNDING, NUMBER(0x3));
  add(d, STEP_SECUREBITS, NUMBER(0));
  add(d, STEP_KEEP_CAPS);
  add(d, STEP_GROUPS, sample_gids, sizeof sample_gids);
  add(d, STEP_GID, NUMBER(1000));
  add(d, STEP_UID, NUMBER(1000));
  add(d, STEP_CHDIR, "/", NUMBER(1));
  add(d, STEP_NO_NEW_PRIVS);
  add(d, STEP_CAPSET, NUMBER(3), NUMBER(3), NUMBER(1));
  add(d, STEP_AMBIENT, NUMBER(1));
  add(d, STEP_REPORT);
  add(d, STEP_RESOLVE, "true", "/bin:/usr/bin");
  add(d, STEP_SECCOMP, sample_filter, sizeof sample_filter, NUMBER(0));
  add(d, STEP_EXEC, args, env);
}

static inline void sample(struct draft *d) {
  memset(d, 0, sizeof *d);
  d->supplied = SLOT_PROC;
  d->total = SLOT_TREE + 1;
  sample_monitor(d);
  sample_root(d);
  sample_process(d);
}
