#include "peer.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

static const char *const namespace_names[PEER_NAMESPACES] = {"ns/user", "ns/pid", "ns/mnt"};

static bool read_namespaces(int process, struct peer_law *law) {
  for (int i = 0; i < PEER_NAMESPACES; i++) {
    struct stat ns;
    if (fstatat(process, namespace_names[i], &ns, 0) != 0) {
      return false;
    }
    law->namespaces[i].device = ns.st_dev;
    law->namespaces[i].inode = ns.st_ino;
  }
  return true;
}

int peer_law_of_self(struct peer_law *law, const char *cgroup) {
  law->cgroup = cgroup;
  int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (self < 0) {
    return -1;
  }
  bool ok = read_namespaces(self, law);
  close(self);
  return ok ? 0 : -1;
}

/* Reads a small file of /proc whole, NUL-terminated. */
static bool read_text(int process, const char *name, char *text, size_t size) {
  int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  size_t used = 0;
  ssize_t n;
  while (used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0) {
    used += (size_t)n;
  }
  close(fd);
  text[used] = '\0';
  return used < size - 1;
}

static bool in_cgroup(int process, const char *wanted) {
  char text[8192];
  if (!read_text(process, "cgroup", text, sizeof text)) {
    return false;
  }
  const char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
  if (line == NULL) {
    return false;
  }
  line += *line == '\n' ? 4 : 3;
  size_t length = strcspn(line, "\n");
  return length == strlen(wanted) && memcmp(line, wanted, length) == 0;
}

/* The pid in the peer's credentials could be another process by now; the one the pidfd names cannot. */
static bool pidfd_names(int pidfd, pid_t pid) {
  char path[48];
  char text[512];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
  if (!read_text(AT_FDCWD, path, text, sizeof text)) {
    return false;
  }
  const char *line = strstr(text, "\nPid:\t");
  return line != NULL && strtol(line + 6, NULL, 10) == pid;
}

static int peer_pidfd(int socket, pid_t pid) {
  int pidfd = -1;
  socklen_t length = sizeof pidfd;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0) {
    return pidfd;
  }
  return sys_pidfd_open(pid);
}

static bool process_keeps_law(pid_t pid, const struct peer_law *law) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", (int)pid);
  int process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process < 0) {
    return false;
  }
  struct peer_law actual;
  memset(&actual, 0, sizeof actual);
  bool ok = read_namespaces(process, &actual) && (law->cgroup == NULL || in_cgroup(process, law->cgroup));
  for (int i = 0; ok && i < PEER_NAMESPACES; i++) {
    ok = actual.namespaces[i].device == law->namespaces[i].device &&
         actual.namespaces[i].inode == law->namespaces[i].inode;
  }
  close(process);
  return ok;
}

bool peer_shows_law(const int *fds, unsigned count, const struct peer_law *law) {
  bool ok = count == PEER_NAMESPACES;
  for (unsigned i = 0; ok && i < PEER_NAMESPACES; i++) {
    struct stat ns;
    ok = syscall(SYS_fstat, fds[i], &ns) == 0 && ns.st_dev == law->namespaces[i].device &&
         ns.st_ino == law->namespaces[i].inode;
  }
  return ok;
}

bool peer_is_root(int socket) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == 0;
}

bool peer_keeps_law(int socket, const struct peer_law *law) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.uid != 0 || peer.pid <= 0) {
    return false;
  }
  int pidfd = peer_pidfd(socket, peer.pid);
  if (pidfd < 0) {
    return false;
  }
  bool ok = pidfd_names(pidfd, peer.pid) && process_keeps_law(peer.pid, law);
  struct pollfd alive = {pidfd, POLLIN, 0};
  ok = ok && poll(&alive, 1, 0) == 0;
  close(pidfd);
  return ok;
}
