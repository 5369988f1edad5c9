#include "serve_start.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "birth.h"

#define SOCKET_NAME "serve.sock"
#define PID_NAME "serve.pid"
#define PID_NAME_NEW ".serve.pid.new"
#define BACKLOG 4

static int fail(const char *attempt, const char *object) {
  fprintf(stderr, "warden serve: cannot %s %s: %s\n", attempt, object, strerror(errno));
  return 1;
}

/* Returns only in the server. The caller leaves with status 0 once a byte 0 comes through the pipe, else
 * with 1. */
static int detach(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    _exit(fail("make", "a pipe"));
  }
  pid_t child = fork();
  if (child < 0) {
    _exit(fail("fork", "the server"));
  }
  if (child > 0) {
    char status = 1;
    close(ends[1]);
    if (read(ends[0], &status, 1) != 1) {
      status = 1;
    }
    waitpid(child, NULL, 0);
    _exit(status);
  }
  close(ends[0]);
  setsid();
  child = fork();
  if (child != 0) {
    _exit(child < 0 ? fail("fork", "the server") : 0);
  }
  return ends[1];
}

static int write_file(int directory, const char *name, const char *text, int flags) {
  int fd = openat(directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (fd < 0) {
    return -1;
  }
  ssize_t n = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Bound by a relative name, because sun_path is shorter than paths may be. */
static int listen_in(int directory) {
  if (fchdir(directory) != 0 || (unlink(SOCKET_NAME) != 0 && errno != ENOENT)) {
    return -1;
  }
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return -1;
  }
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_NAME};
  umask(0177);
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(077);
  if (bound != 0 || listen(fd, BACKLOG) != 0 || chdir("/") != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static int write_pid(int directory) {
  char text[16];
  snprintf(text, sizeof text, "%d\n", (int)getpid());
  if (write_file(directory, PID_NAME_NEW, text, O_CREAT | O_TRUNC) != 0) {
    return -1;
  }
  return renameat(directory, PID_NAME_NEW, directory, PID_NAME);
}

static int join_cgroup(const char *path) {
  int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    return -1;
  }
  int result = write_file(directory, "cgroup.procs", "0", 0);
  close(directory);
  return result;
}

/* Mounts made while launching stay here, and what other mount namespaces do does not change what a launch
 * sees. */
static int own_mounts(void) {
  return unshare(CLONE_NEWNS) != 0 ? -1 : mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int set_up(const struct serve_options *options, int run_dir, struct serve_birth *birth) {
  prctl(PR_SET_NAME, "warden:serve", 0, 0, 0);
  if (options->cgroup != NULL && join_cgroup(options->cgroup) != 0) {
    return fail("join the cgroup", options->cgroup);
  }
  if (peer_law_of_self(&birth->law, options->peer_cgroup) != 0) {
    return fail("read", "/proc/self/ns");
  }
  birth->host_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (birth->host_mounts < 0) {
    return fail("open", "/proc/self/ns/mnt");
  }
  if (own_mounts() != 0) {
    return fail("make", "a private mount namespace");
  }
  birth->listener = listen_in(run_dir);
  if (birth->listener < 0) {
    return fail("listen on " SOCKET_NAME " in", options->run_dir);
  }
  if (write_pid(run_dir) != 0) {
    return fail("write " PID_NAME " in", options->run_dir);
  }
  return 0;
}

static int open_run_dir(const char *path) {
  int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat status;
  if (directory < 0 || fstat(directory, &status) != 0) {
    return -1;
  }
  if (status.st_uid != 0 || (status.st_mode & 077) != 0) {
    close(directory);
    errno = EPERM;
    return -1;
  }
  return directory;
}

void serve_start(const struct serve_options *options, struct serve_birth *birth) {
  int ready = detach();
  int run_dir = open_run_dir(options->run_dir);
  int status = run_dir < 0 ? fail("use (it must be root's, mode 0700)", options->run_dir)
                           : set_up(options, run_dir, birth);
  if (status == 0 && birth_null_stdio(1) != 0) {
    status = fail("open", "/dev/null");
  }
  char byte = (char)status;
  if (write(ready, &byte, 1) != 1 || status != 0) {
    _exit(1);
  }
  close(ready);
  close(run_dir);
}
