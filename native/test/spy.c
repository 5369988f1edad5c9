/*
 * A container that looks at every process which appears beside it, from its first moment, for a way out:
 *   spy MARKER SECRET
 * MARKER is the path of a file of the host, without leading slash, that holds SECRET. Until SIGTERM it looks
 * for new pids and prints once each thing that no neighbour may show; then how many it saw before they had
 * exec'd.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD 16
#define LOOKS_MAX 5000
#define FORKED_NO_EXEC 0x40ul /* PF_FORKNOEXEC of the flags in /proc/PID/stat, proc(5) */
#define CHUNK 65536
#define MEMORY_MAX (4u << 20)

static volatile sig_atomic_t ended;
static const char *marker;
static const char *secret;
static int proc;
static unsigned before_exec;
static unsigned looks;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static void tell(int pid, const char *what, const char *detail) {
  static char told[64][128];
  static unsigned count;
  for (unsigned i = 0; i < count; i++) {
    if (strcmp(told[i], what) == 0) {
      return;
    }
  }
  if (count < 64) {
    snprintf(told[count++], sizeof told[0], "%s", what);
  }
  printf("FOUND %s of %d: %s\n", what, pid, detail);
  fflush(stdout);
}

static ssize_t read_some(int pid, const char *name, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "%d/%s", pid, name);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return -1;
  }
  ssize_t n = read(fd, text, size - 1);
  close(fd);
  text[n < 0 ? 0 : n] = 0;
  return n;
}

/* Whether it is what was forked, still. */
static bool is_before_exec(int pid) {
  char text[512];
  unsigned long flags = 0;
  if (read_some(pid, "stat", text, sizeof text) <= 0) {
    return false;
  }
  const char *after_name = strrchr(text, ')');
  return after_name && sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %lu", &flags) == 1 &&
         flags & FORKED_NO_EXEC;
}

/* The marker by way of a link of the process, and from above it. */
static void follow(int pid, const char *link) {
  char name[64];
  char path[512];
  char text[256];
  for (int above = 0; above < 2; above++) {
    snprintf(path, sizeof path, "%s/%s%s", link, above ? "../../../../../../" : "", marker);
    char full[600];
    snprintf(full, sizeof full, "%d/%s", pid, path);
    int fd = openat(proc, full, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
      ssize_t n = read(fd, text, sizeof text - 1);
      text[n < 0 ? 0 : n] = 0;
      snprintf(name, sizeof name, "%s%s", link, above ? "/.." : "");
      tell(pid, name, text);
      close(fd);
    }
  }
}

/* Pipes, null device and terminal are the workload's; socket and context are a procfs maker's. */
static bool is_own(const char *target) {
  static const char *const own[] = {"pipe:[", "/dev/null", "/dev/pts/", "socket:[", "anon_inode:[fscontext]"};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if (strncmp(target, own[i], strlen(own[i])) == 0) {
      return true;
    }
  }
  return false;
}

static void look_at_descriptors(int pid) {
  for (int fd = 0; fd < 40; fd++) {
    char path[64];
    char target[256];
    snprintf(path, sizeof path, "%d/fd/%d", pid, fd);
    ssize_t n = readlinkat(proc, path, target, sizeof target - 1);
    if (n < 0) {
      continue;
    }
    target[n] = 0;
    if (!is_own(target) && is_before_exec(pid)) {
      tell(pid, "descriptor", target);
    }
    snprintf(path, sizeof path, "fd/%d", fd);
    follow(pid, path);
  }
}

static void look_at_image(int pid) {
  char path[64];
  snprintf(path, sizeof path, "%d/exe", pid);
  int fd = openat(proc, path, O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    if (is_before_exec(pid)) {
      tell(pid, "exe", "can be written");
    }
    close(fd);
  }
}

static void look_at_environment(int pid) {
  char text[4096];
  ssize_t n = read_some(pid, "environ", text, sizeof text);
  for (ssize_t at = 0; at < n && is_before_exec(pid); at += (ssize_t)strlen(text + at) + 1) {
    char what[80];
    snprintf(what, sizeof what, "variable %.60s", text + at);
    tell(pid, what, text + at);
  }
}

static void search(int pid, int mem, unsigned long from, unsigned long to) {
  static char bytes[CHUNK];
  for (; from < to; from += CHUNK - 64) {
    unsigned long length = to - from < CHUNK ? to - from : CHUNK;
    ssize_t n = pread(mem, bytes, length, (off_t)from);
    if (n <= 0) {
      return;
    }
    if (memmem(bytes, (size_t)n, secret, strlen(secret))) {
      tell(pid, "secret in memory", secret);
    }
  }
}

static void look_at_memory(int pid) {
  static char maps[16384];
  char path[64];
  unsigned long total = 0;
  if (read_some(pid, "maps", maps, sizeof maps) <= 0) {
    return;
  }
  snprintf(path, sizeof path, "%d/mem", pid);
  int mem = openat(proc, path, O_RDONLY | O_CLOEXEC);
  for (char *line = maps; mem >= 0 && *line && total < MEMORY_MAX;) {
    unsigned long from = 0;
    unsigned long to = 0;
    if (sscanf(line, "%lx-%lx r", &from, &to) == 2) {
      total += to - from;
      search(pid, mem, from, to);
    }
    line += strcspn(line, "\n");
    line += *line == '\n';
  }
  if (mem >= 0) {
    close(mem);
  }
}

static void look(int pid) {
  bool early = is_before_exec(pid);
  before_exec += early;
  for (int i = 0; i < LOOKS_MAX && (i == 0 || is_before_exec(pid)); i++) {
    looks++;
    follow(pid, "root");
    follow(pid, "cwd");
    look_at_descriptors(pid);
    if (early) {
      look_at_image(pid);
      look_at_environment(pid);
      look_at_memory(pid);
    }
  }
}

static int highest(int known) {
  DIR *all = fdopendir(openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (struct dirent *entry; all && (entry = readdir(all));) {
    int pid = atoi(entry->d_name);
    known = pid > known ? pid : known;
  }
  closedir(all);
  return known;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    return 2;
  }
  marker = argv[1];
  secret = argv[2];
  signal(SIGTERM, end);
  proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int known = highest(getpid());
  puts("watching");
  fflush(stdout);
  for (unsigned turn = 1; !ended; turn++) {
    for (int pid = known + 1; pid <= known + AHEAD; pid++) {
      char path[32];
      struct stat found;
      snprintf(path, sizeof path, "%d", pid);
      if (fstatat(proc, path, &found, 0) == 0) {
        known = pid;
        look(pid);
      }
    }
    if (turn % 256 == 0) {
      int last = highest(known);
      if (last > known) {
        known = last;
        look(last);
      }
    }
  }
  printf("saw %u before exec, %u looks\n", before_exec, looks);
  return 0;
}
