/* System calls and constants that the oldest supported libc headers lack, each with the name the kernel gives
 * it. */
#pragma once

#include <errno.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif
#ifndef LSMT_ROOT
#define LSMT_ROOT UINT64_MAX
#endif

static inline int64_t sys_clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* clone3(2): 0 in the child, its pid in the caller, or -1 with errno. */
static inline pid_t sys_clone3(struct clone_args *args) {
  return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

static inline int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int sys_pidfd_getfd(int pidfd, int fd) { return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0); }

static inline int sys_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

/* dup3(2) onto a place of stdio: by the kernel's own call, because gcc's analyzer would take the place for a
 * new descriptor that leaks. */
static inline int sys_dup3(int from, int to) { return (int)syscall(SYS_dup3, from, to, 0); }

static inline int sys_openat2(int directory, const char *path, const struct open_how *how) {
  return (int)syscall(SYS_openat2, directory, path, how, sizeof *how);
}

static inline int sys_close_range(unsigned first, unsigned last) {
  return (int)syscall(SYS_close_range, first, last, 0);
}

/* futex(2) on a word that other processes share. */
static inline long sys_futex(_Atomic uint32_t *word, int operation, uint32_t value,
                             const struct timespec *timeout) {
  return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}
