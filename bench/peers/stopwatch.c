/*
 * Times a command: for each line on standard input it runs the command once and answers with the microseconds
 * from before the fork until it was reaped. The command's standard input and output are /dev/null; "%" in an
 * argument becomes a number that is never the same.
 *
 *   stopwatch COMMAND ARGUMENT...
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 32

static void run(char **words, const posix_spawn_file_actions_t *streams) {
  pid_t pid;
  int error = posix_spawnp(&pid, words[0], streams, NULL, words, environ);
  int status = 0;
  if (error != 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
    fprintf(stderr, "stopwatch: %s: %s, wait status %x\n", words[0], strerror(error), (unsigned)status);
    exit(1);
  }
}

int main(int count, char **words) {
  if (count < 2 || count > WORDS_MAX) {
    fprintf(stderr, "usage: stopwatch COMMAND ARGUMENT...\n");
    return 2;
  }
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_addopen(&streams, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&streams, 1, "/dev/null", O_WRONLY, 0);
  char name[32], line[16], *arguments[WORDS_MAX + 1] = {NULL};
  for (long number = 1; fgets(line, sizeof line, stdin) != NULL; number++) {
    snprintf(name, sizeof name, "bench-%d-%ld", getpid(), number);
    for (int i = 1; i < count; i++) arguments[i - 1] = strcmp(words[i], "%") == 0 ? name : words[i];
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    run(arguments, &streams);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%lld\n", (long long)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
    fflush(stdout);
  }
  return 0;
}
