#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int open_self(void) { return open("/proc/self/exe", O_RDONLY | O_CLOEXEC); }

bool sealed_already(void) {
  int self = open_self();
  if (self < 0) {
    return false;
  }
  int seals = fcntl(self, F_GET_SEALS);
  close(self);
  return seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS;
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

const char *sealed_reexec(char **argv) {
  int self = open_self();
  if (self < 0) {
    return "open /proc/self/exe";
  }
  int copy = make_memfd();
  if (copy < 0) {
    return "create an executable memfd (vm.memfd_noexec must be 0 or 1)";
  }
  if (copy_all(self, copy) != 0 || fchmod(copy, 0711) != 0) {
    return "copy the executable into a memfd";
  }
  if (fcntl(copy, F_ADD_SEALS, ALL_SEALS) != 0) {
    return "seal the memfd";
  }
  close(self);
  char *nothing[] = {NULL};
  char **environment = nothing;
#ifdef WARDEN_FAULTS
  environment = environ;
#endif
  execveat(copy, "", argv, environment, AT_EMPTY_PATH);
  return "execute the sealed memfd";
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
