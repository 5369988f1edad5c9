/*
 * Paths in a tree that others may be changing: resolved by the kernel beneath the root (openat2(2)), made
 * part by part on held directories, and looked at again after a mount. CVE-2021-30465, CVE-2024-45310,
 * CVE-2025-31133.
 */
#include <limits.h>
#include <linux/magic.h>
#include <string.h>

#include "child_state.h"

#define TRIES 16 /* links that lead to what is missing, and renames that raced with a resolution */

/* Where the container sees what the runtime makes, no symbolic link of an image may lead: CVE-2023-27561. */
static uint64_t resolve_flags(const char *path) {
  size_t part = strcspn(path, "/");
  bool own = (part == 3 && (!strncmp(path, "dev", 3) || !strncmp(path, "sys", 3))) ||
             (part == 4 && !strncmp(path, "proc", 4));
  return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (own ? RESOLVE_NO_SYMLINKS : 0);
}

static int root_of(struct child *c) {
  if (c->root < 0) {
    c->root = raw_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
  }
  return c->root;
}

static int open_beneath(int root, const char *path, uint64_t flags, uint64_t resolve) {
  int fd = root;
  for (int i = 0; root >= 0 && i < TRIES; i++) {
    fd = raw_openat2(root, path, O_PATH | flags, resolve);
    if (fd != -EAGAIN) { /* a ".." could not be proven to stay inside: openat2(2) */
      break;
    }
  }
  return fd;
}

int path_open(struct child *c, const char *path) {
  return open_beneath(root_of(c), path, 0, resolve_flags(path));
}

int path_open_dir(struct child *c, const char *path) {
  return open_beneath(root_of(c), path, O_DIRECTORY, resolve_flags(path));
}

int path_parent(struct child *c, const char *path, const char **name) {
  static char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (length >= sizeof parent) {
    return -ENAMETOOLONG;
  }
  memcpy(parent, path, length);
  parent[length] = 0;
  *name = slash ? slash + 1 : path;
  return open_beneath(root_of(c), length ? parent : ".", O_DIRECTORY, resolve_flags(path));
}

/* Opens the longest leading part of path that is there; *rest is what is not. */
static int open_existing(int root, char *path, uint64_t resolve, char **rest) {
  size_t end = strlen(path);
  for (;;) {
    while (end > 0 && path[end - 1] != '/') {
      end--;
    }
    char kept = path[end];
    path[end] = 0;
    int fd = open_beneath(root, end ? path : ".", O_DIRECTORY, resolve);
    path[end] = kept;
    if (fd != -ENOENT || end == 0) {
      *rest = path + end;
      return fd;
    }
    while (end > 0 && path[end - 1] == '/') {
      end--;
    }
  }
}

/* Makes one part in a held directory, if nothing has that name, and opens it. */
static int make_part(int directory, const char *part, enum path_kind kind, unsigned mode, bool *made) {
  if (!strcmp(part, ".") || !strcmp(part, "..")) {
    return -ENOENT;
  }
  long result = kind == PATH_FILE ? raw_result(syscall(SYS_mknodat, directory, part, S_IFREG | mode, 0))
                                  : raw(SYS_mkdirat, directory, (long)part, mode);
  if (result < 0 && result != -EEXIST) {
    return (int)result;
  }
  *made = result == 0;
  return raw_openat2(directory, part, O_PATH | (kind == PATH_FILE ? 0 : O_DIRECTORY),
                     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* Replaces the link `part` (a NUL behind it) of path by where it leads, so that the whole is resolved again.
 */
static int splice_link(int directory, char path[PATH_MAX], const char *part, const char *rest) {
  static char joined[PATH_MAX + 1];
  size_t prefix = (size_t)(part - path);
  size_t tail = strlen(rest) + 1;
  long length = raw_result(syscall(SYS_readlinkat, directory, part, joined + prefix, PATH_MAX - prefix));
  if (length <= 0) {
    return length < 0 ? (int)length : -ENOENT;
  }
  size_t end = prefix + (size_t)length;
  if (end + 1 + tail > PATH_MAX) {
    return -ENAMETOOLONG;
  }
  memcpy(joined, path, prefix);
  joined[end] = '/';
  memcpy(joined + end + 1, rest, tail);
  size_t from = joined[prefix] == '/' ? prefix : 0;
  memcpy(path, joined + from, end + 1 + tail - from);
  return 0;
}

/* Makes what open_existing() did not find. -EAGAIN: a dangling link was spliced into path. */
static int make_missing(int root, char path[PATH_MAX], uint64_t resolve, enum path_kind kind, unsigned mode,
                        bool *made) {
  char *part;
  int directory = open_existing(root, path, resolve, &part);
  while (directory >= 0) {
    char *end = part + strcspn(part, "/");
    char *next = end + strspn(end, "/");
    bool last = *next == 0;
    char kept = *end;
    *end = 0;
    int fd = make_part(directory, part, last ? kind : PATH_DIRECTORY, last ? mode : 0755, made);
    if (fd == -ELOOP && !(resolve & RESOLVE_NO_SYMLINKS)) {
      int spliced = splice_link(directory, path, part, next);
      fd = spliced ? spliced : -EAGAIN;
    } else {
      *end = kept;
    }
    raw_close(directory);
    if (fd < 0 || last) {
      return fd;
    }
    directory = fd;
    part = next;
  }
  return directory;
}

int path_make(struct child *c, const char *path, enum path_kind kind, unsigned mode, bool *made) {
  static char at[PATH_MAX];
  size_t length = strlen(path);
  uint64_t resolve = resolve_flags(path);
  int root = root_of(c);
  *made = false;
  if (root < 0 || length >= sizeof at) {
    return root < 0 ? root : -ENAMETOOLONG;
  }
  memcpy(at, path, length + 1);
  int fd = -ELOOP;
  for (int i = 0; i < TRIES; i++) {
    fd = open_beneath(root, at, kind == PATH_DIRECTORY ? O_DIRECTORY : 0, resolve);
    if (fd == -ENOENT && kind != PATH_ANY) {
      fd = make_missing(root, at, resolve, kind, mode, made);
    }
    if (fd != -EAGAIN) {
      return fd;
    }
  }
  return -ELOOP;
}

int path_on(int fd, long magic) {
  struct statfs fs;
  long result = raw(SYS_fstatfs, fd, (long)&fs, 0);
  return result < 0 ? (int)result : fs.f_type == magic;
}

/* Number of the mount that fd is on, or a negative errno. */
static int64_t mount_of(int fd) {
  struct statx found;
  long result = raw_result(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &found));
  return result < 0 ? result : (int64_t)found.stx_mnt_id;
}

bool path_same_mount(int a, int b) {
  int64_t mount = mount_of(a);
  return mount >= 0 && mount == mount_of(b);
}

int path_attach(struct child *c, const char *path, int target, int mount, uint64_t propagation) {
  uint64_t type = propagation ? propagation : MS_PRIVATE | MS_REC;
  int result = raw_attach(mount, target);
  if (result >= 0) {
    result = raw_mount_setattr(mount, type & MS_REC ? AT_RECURSIVE : 0,
                               (struct mount_attr){.propagation = type & ~(uint64_t)MS_REC});
  }
  int shown = result < 0 ? result : path_open(c, path);
  if (shown < 0) {
    return shown;
  }
  result = path_same_mount(shown, mount) ? 0 : -ESTALE;
  raw_close(shown);
  return result;
}
