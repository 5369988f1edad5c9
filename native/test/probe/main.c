/*
 * A program that runs inside a container and tells what it really can do there: static, so that tests put it
 * into an image. Each line of output is KEY=VALUE; a value that tells of an attempt is "done" or an errno.
 *
 * - state: identity, capability sets, flags, limits, namespaces and keyring of this process
 * - capabilities: for each capability an operation that only it allows
 * - filter: the answer of the seccomp filter to every system call number, none of which is carried out
 * - calls: the answer of filter and kernel together to every system call with senseless arguments
 * - paths PATH ...: reading and writing of files and directories
 * - devices: making device nodes, opening them, and opening those of /dev, and a terminal
 * - escapes: mounts, namespaces, roots and kernel parameters
 * - programs: what programs that raise privileges give: /as-other is set-user-id, /with-capability has some
 * - server: waits for a client on the loopback interface, by few system calls, and answers
 *
 * `stay` before another word does that and then waits for the end, so that commands can be run beside it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

enum { ATTEMPT_MILLISECONDS = 3000 };

void probe_key(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('=');
}

void probe_text(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('\n');
}

void probe_result(long result) {
  const char *error = strerrorname_np(errno);
  puts(result >= 0 ? "done" : error ? error : "?");
}

int probe_wait(int pid, int *status, unsigned milliseconds) {
  sigset_t ends;
  struct timespec limit = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  int got = waitpid(pid, status, WNOHANG);
  while (got == 0) {
    int signal = sigtimedwait(&ends, NULL, &limit);
    got = waitpid(pid, status, WNOHANG);
    if (got == 0 && signal < 0 && errno == EAGAIN) {
      kill(pid, SIGKILL);
      waitpid(pid, status, 0);
      return 0;
    }
  }
  return 1;
}

long probe_in_child(attempt_fn *attempt) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    long result = attempt();
    _exit(result < 0 ? errno : 0);
  }
  int status = 0;
  int in_time = pid > 0 && probe_wait(pid, &status, ATTEMPT_MILLISECONDS);
  errno = !in_time ? ETIME : WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  return errno == 0 ? 0 : -1;
}

long probe_open(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd >= 0) {
    close(fd);
  }
  return fd;
}

/* What a program tells of itself that `programs` executed. */
static int ids(void) {
  printf("%d %d\n", (int)geteuid(), (int)getegid());
  return 0;
}

static int effective(void) {
  char line[128];
  FILE *status = fopen("/proc/self/status", "re");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, "CapEff:\t", 8) == 0) {
      fputs(line + 8, stdout);
    }
  }
  return 0;
}

/* Waits to be signalled, as the user of its file and nobody else. */
static int be_other(void) {
  uid_t other = geteuid();
  if (setresuid(other, other, other) != 0 || write(STDOUT_FILENO, "x", 1) != 1) {
    return 1;
  }
  alarm(5);
  return pause();
}

static int act(int argc, char **argv) {
  static const struct {
    const char *word;
    int (*act)(void);
  } parts[] = {{"state", probe_state},       {"capabilities", probe_capabilities},
               {"filter", probe_filter},     {"calls", probe_calls},
               {"devices", probe_devices},   {"escapes", probe_escapes},
               {"programs", probe_programs}, {"ids", ids},
               {"effective", effective},     {"wait", be_other},
               {"server", probe_server}};
  const char *word = argc > 1 ? argv[1] : "";
  if (strcmp(word, "paths") == 0) {
    return probe_paths(argc - 2, argv + 2);
  }
  if (strcmp(word, "stay") == 0 && argc > 2) {
    int status = act(argc - 1, argv + 1);
    puts("end");
    fflush(stdout);
    return status != 0 ? status : pause();
  }
  int status = -1;
  for (int word_at = 1; word_at < argc; word_at++) {
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
      if (strcmp(argv[word_at], parts[i].word) == 0) {
        status = parts[i].act();
      }
    }
  }
  if (status < 0) {
    fputs("probe: nothing it knows\n", stderr);
    return 2;
  }
  return status;
}

int main(int argc, char **argv) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  return act(argc, argv);
}
