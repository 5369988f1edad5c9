/* A confined process can do what a relay does and nothing else: each attempt in a process of its own. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exit_record.h"
#include "sys.h"

static int directory; /* what the process may keep using */
static int record;
static int outside; /* a directory beside it, with a file */
static char path[] = "/tmp/warden-test-confine-XXXXXX";

/* Wait status of a process that confines itself to the directory and then does this; its errno, or 0, is its
 * exit status, and 255 when it could not. */
static int confined_to(int exits, int (*attempt)(void)) {
  pid_t child = fork();
  if (child == 0) {
    if (confine(exits, getpid()) != 0 || confine_drop_kill() != 0) {
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

static int confined(int (*attempt)(void)) { return confined_to(directory, attempt); }

static int do_nothing(void) { return 0; }

static int write_record(void) {
  static const struct msg_exited exited;
  if (exit_record_write(directory, "c1", record, &exited) != 0) {
    return -1;
  }
  exit_record_sync(directory, record);
  return 0;
}

static int move(int from, const char *name, int to, const char *target) {
  return (int)syscall(SYS_renameat2, from, name, to, target, 0);
}

/* Paths of what lies outside, for a call that the filter lets pass. */
static const char *at(const char *name) {
  static char paths[2][128];
  static unsigned next;
  next++;
  snprintf(paths[next % 2], sizeof paths[0], "%s/outside/%s", path, name);
  return paths[next % 2];
}

static int move_away(void) { return move(directory, "c1", directory, at("c1")); }
static int move_up(void) { return move(directory, "c1", directory, "../outside/c1"); }
static int move_here(void) { return move(directory, at("file"), directory, "c2"); }
static int move_there(void) { return move(directory, at("file"), directory, at("other")); }
static int replace_by(void) { return move(directory, "c1", directory, at("file")); }
static int move_from_other(void) { return move(outside, "file", directory, "c2"); }
static int move_to_other(void) { return move(directory, "c1", outside, "c1"); }
static int move_by_path(void) { return move(AT_FDCWD, at("file"), AT_FDCWD, at("other")); }
static int move_by_none(void) { return move(-1, at("file"), -1, at("other")); }
static int open_elsewhere(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
static int read_beneath(void) { return openat(directory, "c1", O_RDONLY | O_CLOEXEC); }
static int write_beneath(void) { return openat(directory, "c3", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }
static int make_process(void) { return fork(); }
static int run_program(void) { return execl("/bin/true", "true", (char *)NULL); }
static int signal_init(void) { return kill(1, 0); }
static int trace_init(void) { return (int)ptrace(PTRACE_SEIZE, 1, NULL, NULL); }
static int open_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int fake_input(void) { return ioctl(0, TIOCSTI, "x"); }
static int map_code(void) { return syscall(SYS_mmap, NULL, 4096, 7, 0x22, -1, 0) < 0 ? -1 : 0; }
static int make_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }

/* As a kernel without Landlock answers. */
static void forget_landlock(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof code / sizeof code[0], code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
}

static void set_up(void) {
  char exits[64];
  char other[64];
  CHECK(mkdtemp(path) != NULL);
  snprintf(exits, sizeof exits, "%s/exits", path);
  snprintf(other, sizeof other, "%s/outside", path);
  CHECK(mkdir(exits, 0700) == 0 && mkdir(other, 0700) == 0);
  directory = open(exits, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  outside = open(other, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  record = exit_record_open(directory, "c1");
  int file = openat(outside, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CHECK(directory >= 0 && outside >= 0 && record >= 0 && file >= 0);
  close(file);
}

/* Each of these fails to remove one thing that is missing, or leaves one that should not be there. */
static void clean_up(void) {
  CHECK(unlinkat(directory, "c1", 0) == 0 && unlinkat(outside, "file", 0) == 0);
  char exits[64];
  char other[64];
  snprintf(exits, sizeof exits, "%s/exits", path);
  snprintf(other, sizeof other, "%s/outside", path);
  CHECK(rmdir(exits) == 0 && rmdir(other) == 0 && rmdir(path) == 0);
}

int main(void) {
  set_up();
  CHECK_NUMBER(confined(write_record), 0);
  struct stat status;
  CHECK(fstatat(directory, "c1", &status, 0) == 0 && status.st_size > 0);
  int (*const killed[])(void) = {open_elsewhere, read_beneath, write_beneath, move_from_other, move_to_other,
                                 move_by_path,   make_process, run_program,   signal_init,     trace_init,
                                 open_socket,    fake_input,   map_code,      make_dumpable};
  for (unsigned i = 0; i < sizeof killed / sizeof killed[0]; i++) {
    CHECK_NUMBER(confined(killed[i]) & 0x7f, SIGSYS);
  }
  int (*const denied[])(void) = {move_away, move_up, move_here, move_there, replace_by};
  for (unsigned i = 0; i < sizeof denied / sizeof denied[0]; i++) {
    CHECK_NUMBER(confined(denied[i]), EACCES << 8);
  }
  CHECK_NUMBER(confined_to(-1, do_nothing), 0);
  CHECK_NUMBER(confined_to(-1, move_by_none) & 0x7f, SIGSYS);
  clean_up();
  forget_landlock();
  CHECK_NUMBER(confined_to(-1, do_nothing), 255 << 8);
  return check_done();
}
