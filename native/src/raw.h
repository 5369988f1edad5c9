/*
 * System calls as the child stage makes them: raw, so that no libc broadcasts to threads, takes locks or
 * allocates, with the errno as a negative result.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef MNT_DETACH
#define MNT_DETACH 2 /* <sys/mount.h> of glibc 2.36 does not go together with <linux/mount.h> */
#endif
#ifndef NGROUPS_MAX
#define NGROUPS_MAX 65536
#endif

static inline long raw_result(long result) { return result == -1 ? -errno : result; }

static inline long raw(long number, long a, long b, long c) { return raw_result(syscall(number, a, b, c)); }

static inline void raw_close(int fd) { (void)syscall(SYS_close, fd); }

static inline int raw_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
  return (int)raw_result(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

static inline int raw_open_tree(int fd, unsigned flags) {
  return (int)raw_result(syscall(SYS_open_tree, fd, "", flags | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
}

/* Attaches the mount that `mount` is the root of at the place that `target` is open at. */
static inline int raw_attach(int mount, int target) {
  unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  return (int)raw_result(syscall(SYS_move_mount, mount, "", target, "", flags));
}

static inline int raw_mount_setattr(int mount, unsigned flags, struct mount_attr attributes) {
  return (int)raw_result(
      syscall(SYS_mount_setattr, mount, "", flags | AT_EMPTY_PATH, &attributes, sizeof attributes));
}

static inline int raw_prctl(int option, unsigned long a, unsigned long b) {
  return (int)raw_result(syscall(SYS_prctl, option, a, b, 0ul, 0ul));
}
