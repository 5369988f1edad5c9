/* A confined process can do what a relay does and nothing else: each attempt in a process of its own. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "sys.h"

static int directory;
static char path[] = "/tmp/warden-test-confine-XXXXXX";

/* Wait status of a process that confines itself and then does this; its errno, or 0, is its exit status. */
static int confined(int (*attempt)(void)) {
  pid_t child = fork();
  if (child == 0) {
    if (confine(directory, getpid()) != 0 || confine_drop_kill() != 0) {
      _exit(255);
    }
    errno = 0;
    int result = attempt();
    _exit(result < 0 ? errno : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

static int write_record(void) {
  int fd = openat(directory, ".c1.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 ||
      syscall(SYS_renameat2, directory, ".c1.new", directory, "c1", 0) != 0) {
    return -1;
  }
  return fsync(directory);
}

static int open_elsewhere(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
static int open_absolute(void) { return openat(directory, "/etc/passwd", O_RDONLY | O_CLOEXEC); }
static int write_absolute(void) { return openat(directory, "/tmp/warden-test-no", O_WRONLY | O_CREAT, 0600); }
static int open_above(void) { return openat(directory, "../warden-test-no", O_WRONLY | O_CREAT, 0600); }
static int read_beneath(void) { return openat(directory, "c1", O_RDONLY | O_CLOEXEC); }
static int make_process(void) { return fork(); }
static int run_program(void) { return execl("/bin/true", "true", (char *)NULL); }
static int signal_init(void) { return kill(1, 0); }
static int trace_init(void) { return (int)ptrace(PTRACE_SEIZE, 1, NULL, NULL); }
static int open_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int fake_input(void) { return ioctl(0, TIOCSTI, "x"); }
static int map_code(void) { return syscall(SYS_mmap, NULL, 4096, 7, 0x22, -1, 0) < 0 ? -1 : 0; }
static int make_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }

static int has_landlock(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0; }

int main(void) {
  CHECK(mkdtemp(path) != NULL);
  directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK_NUMBER(confined(write_record), 0);
  struct stat record;
  CHECK(fstatat(directory, "c1", &record, 0) == 0 && record.st_size == 1);
  int (*const killed[])(void) = {open_elsewhere, make_process, run_program, signal_init,  trace_init,
                                 open_socket,    fake_input,   map_code,    make_dumpable};
  for (unsigned i = 0; i < sizeof killed / sizeof killed[0]; i++) {
    CHECK_NUMBER(confined(killed[i]) & 0x7f, SIGSYS);
  }
  if (has_landlock()) {
    int (*const denied[])(void) = {open_absolute, write_absolute, open_above, read_beneath};
    for (unsigned i = 0; i < sizeof denied / sizeof denied[0]; i++) {
      CHECK_NUMBER(confined(denied[i]), EACCES << 8);
    }
  } else {
    puts("Landlock is not enabled here: paths behind the directory's descriptor are not tried");
  }
  CHECK(unlinkat(directory, "c1", 0) == 0 && rmdir(path) == 0);
  return check_done();
}
