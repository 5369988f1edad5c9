/*
 * System calls as the child stage uses them: raw, so that no libc broadcasts to threads, takes locks or
 * allocates, and with the errno as a negative result. And what the headers of Debian 12 (Linux 6.1,
 * glibc 2.36) do not have yet.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2 /* <sys/mount.h> of glibc 2.36 does not go together with <linux/mount.h> */
#endif
#ifndef NGROUPS_MAX
#define NGROUPS_MAX 65536
#endif

static inline long raw_result(long result) { return result == -1 ? -errno : result; }

static inline int raw_close(int fd) { return (int)raw_result(syscall(SYS_close, fd)); }

static inline int raw_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
  return (int)raw_result(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

static inline int raw_close_range(unsigned first, unsigned last) {
  return (int)raw_result(syscall(SYS_close_range, first, last, 0));
}

static inline int raw_open_tree(int directory, const char *path, unsigned flags) {
  return (int)raw_result(syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC));
}

/* Attaches the mount that fd is the root of onto the place that target is open at. */
static inline int raw_attach(int mount, int target) {
  return (int)raw_result(
      syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

static inline int raw_mount_setattr(int mount, unsigned flags, const struct mount_attr *attributes) {
  return (int)raw_result(
      syscall(SYS_mount_setattr, mount, "", flags | AT_EMPTY_PATH, attributes, sizeof *attributes));
}

static inline long raw_prctl(int option, unsigned long a, unsigned long b) {
  return raw_result(syscall(SYS_prctl, option, a, b, 0ul, 0ul));
}

/* FUTEX_WAIT or FUTEX_WAKE on memory shared between processes; timeout may be NULL. */
static inline long raw_futex(const void *word, int operation, uint32_t value,
                             const struct timespec *timeout) {
  return raw_result(syscall(SYS_futex, word, operation, value, timeout, NULL, 0));
}
