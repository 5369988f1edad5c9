/* What the step functions share. Each returns 0 or a negative errno, and takes the words of its operands. */
#pragma once

#include <stdbool.h>

#include "child.h"
#include "opcodes.h"
#include "raw.h"

struct child {
  const struct plan *plan;
  struct shared_page *page;
  int *slots;
  const struct step *step; /* the one being carried out */
  uint32_t index;          /* of it, within the child's steps */
  int root;                /* what paths resolve beneath, -1 = nothing yet */
  bool guarded;            /* dies with its parent */
  bool arrived;            /* in the working directory */
  uint64_t aux;            /* what a failing step adds to its report */
};

typedef int step_function(struct child *c, const uint64_t *operand);

step_function child_close_fds, child_set_sid, child_join_ns, child_unshare, child_time_offsets,
    child_session_keyring, child_propagation, child_loopback_up, child_user_ns_root, child_hostname,
    child_domainname;
step_function child_mount_fs, child_use_root, child_attach, child_make_dir, child_make_node,
    child_make_symlink, child_mask, child_read_only, child_root_attributes, child_pivot_root, child_open_dir;
step_function child_join_pid_ns, child_birth, child_mount_proc;
step_function child_sysctl, child_rlimit, child_umask, child_lsm_attribute, child_terminal,
    child_take_terminal, child_stdio;
step_function child_bounding, child_securebits, child_keep_caps, child_groups, child_gid, child_uid,
    child_capset, child_ambient, child_no_new_privs, child_report, child_seccomp;
step_function child_chdir, child_resolve, child_exec, child_exec_fd, child_hold;

/* After a change of credentials, which clears both: non-dumpable, and the parent-death signal if guarded. */
int child_guard(struct child *c);
/* Ends the guard, for what comes next is the workload's. */
int child_unguard(struct child *c);
/* Whether a tracer kills the child with itself. */
bool child_is_traced(const struct child *c);
/* Waits until *word is no longer `value`; 0, or -ETIMEDOUT. seconds 0 = for ever. */
int child_wait(_Atomic uint32_t *word, uint32_t value, unsigned seconds);
void child_wake(_Atomic uint32_t *word);
/* Lets the monitor fetch fd; spin = without any system call. */
int child_hand_over(struct child *c, uint32_t what, int fd, bool spin);

/*
 * Makes a mount of this file system context, which is closed; options are an operand of strings. aux: number
 * of the option that was refused, from 1; one more than there are: creation; two more: fsmount.
 */
int mount_context(struct child *c, int context, uint64_t options, uint64_t attributes);

/* --- child_path.c: everything beneath the root, by descriptors */
enum path_kind { PATH_ANY, PATH_DIRECTORY, PATH_FILE };
/* O_PATH descriptor, or a negative errno. */
int path_open(struct child *c, const char *path);
/* The same, of a directory. */
int path_open_dir(struct child *c, const char *path);
/* The same, after making what is missing: directories, and as the last part what kind says. */
int path_make(struct child *c, const char *path, enum path_kind kind, unsigned mode, bool *made);
/* Directory of the last part, and that part. */
int path_parent(struct child *c, const char *path, const char **name);
/*
 * Attaches `mount` at the place target is open at, and makes sure that path then shows it. Propagation 0
 * makes it private: a clone of a shared mount would carry what the container mounts in it to the host.
 */
int path_attach(struct child *c, const char *path, int target, int mount, uint64_t propagation);
/* Whether fd is on a file system of this type. */
int path_on(int fd, long magic);
/* Whether both are on one mount. */
bool path_same_mount(int a, int b);
/* 0, or -EMEDIUMTYPE for what is not the root of a procfs. */
int proc_check(int proc);
/* Writes text at once into a file of this procfs, or into one of this process beneath `self` or
 * `thread-self`. */
int proc_write(int proc, const char *path, const char *text);
int proc_write_own(int proc, const char *link, const char *rest, const char *text);
