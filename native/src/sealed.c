#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sys.h"

#define OVERLAY_MARK "WARDEN_IN_OVERLAY" /* in the environment, which is empty otherwise */

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int open_self(void) { return open("/proc/self/exe", O_RDONLY | O_CLOEXEC); }

/* Any file of a read-only overlay would do, were it not that the one of an image is writable from below. */
static bool is_own_overlay(int self) {
  struct statfs fs;
  return getenv(OVERLAY_MARK) != NULL && fstatfs(self, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC &&
         (fs.f_flags & ST_RDONLY) != 0;
}

bool sealed_already(void) {
  int self = open_self();
  if (self < 0) {
    return false;
  }
  int seals = fcntl(self, F_GET_SEALS);
  bool sealed = (seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS) || is_own_overlay(self);
  close(self);
  return sealed;
}

/* MFD_EXEC says that an executable memfd is meant, which vm.memfd_noexec=1 wants to hear; kernels before 6.3
 * reject it. */
static int make_memfd(void) {
  int fd = memfd_create("warden", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (fd < 0 && errno == EINVAL) {
    fd = memfd_create("warden", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
  return fd;
}

static int copy_all(int from, int to) {
  struct stat file;
  if (fstat(from, &file) != 0) {
    return -1;
  }
  off_t copied = 0;
  while (copied < file.st_size) {
    ssize_t n = sendfile(to, from, NULL, (size_t)(file.st_size - copied));
    if (n <= 0) {
      return -1;
    }
    copied += n;
  }
  return 0;
}

static int seal_copy(int self, int copy) {
  return copy_all(self, copy) != 0 || fchmod(copy, 0711) != 0 ? -1 : fcntl(copy, F_ADD_SEALS, ALL_SEALS);
}

static int add_layer(int overlay, const char *directory) {
  return (int)syscall(SYS_fsconfig, overlay, FSCONFIG_SET_STRING, "lowerdir+", directory, 0);
}

/* A detached read-only overlay over the executable's directory; the kernel wants a second layer without an
 * upper one. */
static int mount_overlay(const char *directory, const char *second) {
  int overlay = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
  if (overlay < 0) {
    return -1;
  }
  int mount = -1;
  if (add_layer(overlay, directory) == 0 && add_layer(overlay, second) == 0 &&
      syscall(SYS_fsconfig, overlay, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
    mount = (int)syscall(SYS_fsmount, overlay, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
  }
  int error = errno;
  close(overlay);
  errno = error;
  return mount;
}

static int open_in_overlay(const char *second) {
  char path[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) {
    return -1;
  }
  path[length] = '\0';
  char *name = strrchr(path, '/');
  if (name == NULL) {
    errno = ENOENT;
    return -1;
  }
  *name++ = '\0';
  int mount = mount_overlay(path[0] == '\0' ? "/" : path, second);
  int image = mount < 0 ? -1 : openat(mount, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int error = errno;
  if (mount >= 0) {
    close(mount);
  }
  errno = error;
  return image;
}

const char *sealed_reexec(char **argv, const char *spare_directory) {
  int self = open_self();
  if (self < 0) {
    return "open /proc/self/exe";
  }
#ifndef WARDEN_FAULTS
  clearenv();
#endif
  int image = make_memfd();
  if (image >= 0 && seal_copy(self, image) != 0) {
    return "copy the executable into a sealed memfd";
  }
  if (image < 0 && errno == EACCES) { /* vm.memfd_noexec is 2 */
    image = open_in_overlay(spare_directory);
    setenv(OVERLAY_MARK, "1", 1);
  }
  if (image < 0) {
    return "make an executable memfd, or a read-only overlay in its place";
  }
  close(self);
  execveat(image, "", argv, environ, AT_EMPTY_PATH);
  return "execute the sealed copy";
}

const void *sealed_map(int fd, size_t most, size_t *length) {
  struct stat file;
  int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || fstat(fd, &file) != 0) {
    return NULL;
  }
  if ((seals & ALL_SEALS) != ALL_SEALS) {
    errno = EPERM;
    return NULL;
  }
  if (file.st_size <= 0 || (size_t)file.st_size > most) {
    errno = file.st_size <= 0 ? ENODATA : EFBIG;
    return NULL;
  }
  *length = (size_t)file.st_size;
  void *bytes = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
  return bytes == MAP_FAILED ? NULL : bytes;
}
