/* What runs as the workload: the test's own binary, which does as its first argument says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"

static void leave_writer_behind(void) {
  if (fork() == 0) {
    setsid();
    sleep(5);
    puts("too late");
    _exit(0);
  }
}

/* Children of a child that is gone are adopted by the monitor; theirs are not the program's exit codes. */
static void leave_orphans(void) {
  for (int i = 0; i < 5; i++) {
    pid_t child = fork();
    if (child == 0) {
      if (fork() == 0) {
        usleep(20000);
        _exit(99);
      }
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  usleep(100000);
}

static void write_much(void) {
  char line[101];
  memset(line, 'x', sizeof line);
  line[100] = '\n';
  for (int i = 0; i < 20000; i++) {
    fwrite(line, 1, sizeof line, stdout);
  }
}

static void copy_input(void) {
  char bytes[256];
  ssize_t n;
  while ((n = read(0, bytes, sizeof bytes)) > 0) {
    if (write(1, bytes, (size_t)n) != n) {
      break;
    }
  }
}

static void tell_size(void) {
  struct winsize size;
  char line[16];
  if (fgets(line, sizeof line, stdin) != NULL && ioctl(0, TIOCGWINSZ, &size) == 0) {
    printf("size %dx%d tty %d\n", size.ws_row, size.ws_col, isatty(1));
  }
}

static int act(const char *word) {
  if (strcmp(word, "hello") == 0) {
    puts("hello");
    fputs("oops\n", stderr);
    return 3;
  }
  if (strcmp(word, "wait") == 0) {
    puts("waiting");
    fflush(stdout);
    copy_input();
    puts("end of input");
    return 0;
  }
  if (strcmp(word, "abort") == 0) {
    abort();
  }
  if (strcmp(word, "sleep") == 0) {
    sleep(60);
  }
  if (strcmp(word, "leftover") == 0) {
    puts("before");
    fflush(stdout);
    leave_writer_behind();
  }
  if (strcmp(word, "orphans") == 0) {
    leave_orphans();
    return 7;
  }
  if (strcmp(word, "much") == 0) {
    write_much();
  }
  if (strcmp(word, "size") == 0) {
    tell_size();
  }
  return 0;
}

void program_main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[0], "/program") == 0) {
    exit(act(argv[1]));
  }
}
