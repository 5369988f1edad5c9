/*
 * What a program in a container can try. Static, so that tests put it into an image and run it there; each
 * try is one line of output, "NAME done" or "NAME ERRNO".
 *
 * - trace PID: looks into another process by every way that asks for the right to trace it
 * - signal PID: sends every signal but KILL and STOP, plainly and as sigqueue(3) does
 * - exchange A B: exchanges two names for ever
 * - overwrite SECONDS: writes to every executable of the launcher that /proc shows
 * - namespaces: makes a user namespace by each call that makes one
 * - sockets: opens sockets of rare families
 * - read FILE: tells its effective group and reads
 * - keys: has as many keys as its user may have, and keeps them
 * - as UID COMMAND ...: does the above as another user
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIGNALS 64

static void tell(const char *name, long result) {
  const char *error = strerrorname_np(errno);
  printf("%s %s\n", name, result >= 0 ? "done" : error ? error : "?");
}

/* In a process of its own, because what it does lasts as long as that. */
static int in_child(long (*attempt)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    long result = attempt();
    _exit(result < 0 ? errno : 0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  return errno == 0 ? 0 : -1;
}

/* --- trace */
static int target_pid;

static long by_seize(void) { return ptrace(PTRACE_SEIZE, target_pid, NULL, NULL); }

static long by_attach(void) { return ptrace(PTRACE_ATTACH, target_pid, NULL, NULL); }

static void open_in_proc(int pid, const char *name, int flags) {
  char path[64];
  char byte;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, flags | O_CLOEXEC);
  long result = fd;
  if (fd >= 0 && (flags & (O_DIRECTORY | O_PATH)) == 0) {
    result = read(fd, &byte, 1); /* some files tell it only now; nothing is mapped at 0 of mem */
    result = result < 0 && errno == EIO ? 0 : result;
  }
  tell(name, result);
  if (fd >= 0) {
    close(fd);
  }
}

static void read_link(int pid, const char *name) {
  char path[64];
  char target[PATH_MAX];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  tell(name, readlink(path, target, sizeof target));
}

/* Their numbers are no secret; where they lead is. */
static void list_descriptors(int pid) {
  char path[300];
  char target[PATH_MAX];
  long result = -1;
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] != '.' && result < 0) {
      snprintf(path, sizeof path, "/proc/%d/fd/%s", pid, entry->d_name);
      result = readlink(path, target, sizeof target);
    }
  }
  tell("fd/", result);
  if (directory != NULL) {
    closedir(directory);
  }
}

static void trace_by_call(int pid) {
  char byte;
  struct iovec here = {&byte, 1};
  struct iovec there = {(void *)0x400000, 1};
  target_pid = pid;
  tell("PTRACE_SEIZE", in_child(by_seize));
  tell("PTRACE_ATTACH", in_child(by_attach));
  tell("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));
  tell("process_vm_writev", process_vm_writev(pid, &here, 1, &there, 1, 0));
  tell("kcmp", syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, 0, 0));
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (pidfd < 0) {
    tell("pidfd_open", -1);
    return;
  }
  for (int fd = 0; fd < 16; fd++) {
    long got = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    if (got >= 0 || fd == 0) {
      tell("pidfd_getfd", got);
    }
  }
  tell("setns", setns(pidfd, CLONE_NEWNS));
  close(pidfd);
}

static int trace(int pid) {
  static const char *const files[] = {"mem",  "environ", "maps",        "smaps", "pagemap",
                                      "auxv", "syscall", "personality", "stack", "io"};
  static const char *const links[] = {"exe", "root", "cwd", "fd/0", "ns/mnt", "ns/user"};
  for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
    open_in_proc(pid, files[i], O_RDONLY);
  }
  open_in_proc(pid, "mem", O_RDWR);
  open_in_proc(pid, "root/etc", O_RDONLY | O_DIRECTORY);
  open_in_proc(pid, "cwd/etc", O_RDONLY | O_DIRECTORY);
  open_in_proc(pid, "exe", O_RDONLY);
  open_in_proc(pid, "exe", O_RDWR);
  for (unsigned i = 0; i < sizeof links / sizeof links[0]; i++) {
    read_link(pid, links[i]);
  }
  list_descriptors(pid);
  trace_by_call(pid);
  return 0;
}

/* --- signal */
static int send_signals(int pid) {
  unsigned sent = 0;
  for (int number = 1; number <= SIGNALS; number++) {
    if (number == SIGKILL || number == SIGSTOP) {
      continue;
    }
    siginfo_t queued;
    memset(&queued, 0, sizeof queued);
    queued.si_signo = number;
    queued.si_code = SI_QUEUE;
    queued.si_pid = 1;
    sent += kill(pid, number) == 0;
    sent += syscall(SYS_rt_sigqueueinfo, pid, number, &queued) == 0;
  }
  printf("sent %u\n", sent);
  return 0;
}

/* --- exchange */
static int exchange(const char *first, const char *second) {
  for (unsigned long i = 0;; i++) {
    if (syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 2 /* RENAME_EXCHANGE */) != 0) {
      tell("exchange", -1);
      return 1;
    }
    if (i % 100000 == 99999) {
      printf("exchanged %lu\n", i + 1);
      fflush(stdout);
    }
  }
}

/* --- overwrite */
static bool write_into(const char *path) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  bool written = write(fd, "#!/bin/evil\n", 12) > 0;
  close(fd);
  return written;
}

/* A descriptor that is held outlives the process whose executable it is, and with it ETXTBSY. */
static unsigned write_by_held(int *held, unsigned *count, unsigned most, const char *path) {
  char name[64];
  unsigned written = 0;
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd >= 0 && *count < most) {
    held[(*count)++] = fd;
  }
  for (unsigned i = 0; i < *count; i++) {
    snprintf(name, sizeof name, "/proc/self/fd/%d", held[i]);
    written += write_into(name);
  }
  return written;
}

static bool is_own_image(const char *path) {
  char target[PATH_MAX];
  ssize_t length = readlink(path, target, sizeof target - 1);
  target[length < 0 ? 0 : length] = '\0';
  return length < 0 || strstr(target, "warden") == NULL;
}

/* Of executables that are the launcher's; a container may write its own. */
static int overwrite(int seconds) {
  int held[64];
  unsigned count = 0;
  unsigned written = 0;
  unsigned long seen = 0;
  time_t end = time(NULL) + seconds;
  while (time(NULL) < end) {
    DIR *proc = opendir("/proc");
    for (const struct dirent *entry; proc != NULL && (entry = readdir(proc)) != NULL;) {
      char path[300];
      snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
      if (atoi(entry->d_name) > 0 && !is_own_image(path)) {
        seen++;
        written += write_into(path);
        written += write_by_held(held, &count, sizeof held / sizeof held[0], path);
      }
    }
    closedir(proc);
  }
  printf("seen %s\nwritten %u\n", seen > 0 ? "some" : "none", written);
  return 0;
}

/* --- namespaces, sockets */
static long by_unshare(void) { return unshare(CLONE_NEWUSER); }

static long by_clone(void) {
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    _exit(0);
  }
  return pid;
}

static long by_clone3(void) {
  struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) {
    _exit(0);
  }
  return pid;
}

static int namespaces(void) {
  tell("unshare", in_child(by_unshare));
  tell("clone", in_child(by_clone));
  tell("clone3", in_child(by_clone3));
  return 0;
}

static int sockets(void) {
  tell("AF_UNIX", socket(AF_UNIX, SOCK_STREAM, 0));
  tell("AF_ALG", socket(AF_ALG, SOCK_SEQPACKET, 0));
  tell("AF_VSOCK", socket(AF_VSOCK, SOCK_STREAM, 0));
  return 0;
}

static int read_file(const char *path) {
  char byte;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  printf("group %d\n", (int)getegid());
  tell("read", fd < 0 ? -1 : read(fd, &byte, 1));
  return 0;
}

static int keys(void) {
  char name[16];
  long key = 0;
  for (unsigned number = 0; key >= 0; number++) {
    snprintf(name, sizeof name, "%u", number);
    key = syscall(SYS_add_key, "user", name, "", 1, KEY_SPEC_SESSION_KEYRING);
  }
  tell("keys", -1);
  fflush(stdout);
  return pause();
}

static int act(int argc, char **argv) {
  const char *word = argc > 1 ? argv[1] : "";
  if (argc == 3 && strcmp(word, "trace") == 0) {
    return trace(atoi(argv[2]));
  }
  if (argc == 3 && strcmp(word, "signal") == 0) {
    return send_signals(atoi(argv[2]));
  }
  if (argc == 4 && strcmp(word, "exchange") == 0) {
    return exchange(argv[2], argv[3]);
  }
  if (argc == 3 && strcmp(word, "overwrite") == 0) {
    return overwrite(atoi(argv[2]));
  }
  if (argc == 2 && strcmp(word, "namespaces") == 0) {
    return namespaces();
  }
  if (argc == 2 && strcmp(word, "sockets") == 0) {
    return sockets();
  }
  if (argc == 3 && strcmp(word, "read") == 0) {
    return read_file(argv[2]);
  }
  if (argc == 2 && strcmp(word, "keys") == 0) {
    return keys();
  }
  if (argc > 3 && strcmp(word, "as") == 0) {
    int uid = atoi(argv[2]);
    if (setgid((gid_t)uid) != 0 || setuid((uid_t)uid) != 0) {
      tell("as", -1);
      return 1;
    }
    return act(argc - 2, argv + 2);
  }
  fputs("attacker: nothing it knows\n", stderr);
  return 2;
}

int main(int argc, char **argv) { return act(argc, argv); }
