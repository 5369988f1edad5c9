/* Execs into the PID namespace of a running container: untraced, failing, and with a monitor that is killed.
 */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "neighbour.h"

#define KILLS 40
#define STEP_US 150

static struct engine engine;
static struct answer answer;
static struct draft draft;

static void prepare(const char *word, bool untraced) {
  exec_draft(&engine, &draft, &(struct program_plan){.word = word, .untraced = untraced});
}

static void runs(pid_t target, bool untraced) {
  prepare("hello", untraced);
  int socket = exec_into(&engine, &draft, target);
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    CHECK_NUMBER(answer.stopped.traced, !untraced);
    char path[64];
    char only[16];
    pid_t monitor = parent_of(answer.stopped.pid);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", monitor, monitor);
    snprintf(only, sizeof only, "%d ", answer.stopped.pid);
    CHECK_TEXT(text_of(path), only); /* who gave birth is gone */
    send_verdict(socket, true);
    EXPECT(socket, &answer, MSG_RUNNING);
    if (EXPECT(socket, &answer, MSG_EXITED)) {
      CHECK_NUMBER(answer.exited.status, 3 << 8);
    }
  }
  close(socket);
  CHECK(alone_soon(target));
}

/* The user may have no process at all: fork(2) EAGAIN, as with a full pids.max. */
static void birth_fails(pid_t target, bool untraced) {
  prepare("hello", untraced);
  add_at(&draft, find(&draft, STEP_UMASK), STEP_RLIMIT, NUMBER(RLIMIT_NPROC), NUMBER(0), NUMBER(0));
  set(&draft, STEP_GID, GID_GID, 1234);
  set(&draft, STEP_UID, UID_UID, 1234);
  int socket = exec_into(&engine, &draft, target);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_CHILD);
    CHECK_NUMBER(answer.failed.code, STEP_BIRTH);
    CHECK_NUMBER(answer.failed.error, EAGAIN);
  }
  close(socket);
  CHECK(alone_soon(target));
}

/* What fails behind the birth is told as well. */
static void program_fails(pid_t target, bool untraced) {
  prepare("hello", untraced);
  const uint64_t trap[] = {0x0005000100000006}; /* BPF_RET | BPF_K SECCOMP_RET_ERRNO | EPERM */
  add_at(&draft, find(&draft, STEP_EXEC), STEP_SECCOMP, trap, sizeof trap, NUMBER(0));
  int socket = exec_into(&engine, &draft, target);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_CHILD);
    CHECK_NUMBER(answer.failed.code, STEP_EXEC);
    CHECK_NUMBER(answer.failed.error, EPERM);
  }
  close(socket);
  CHECK(alone_soon(target));
}

/* At every moment of a launch: before, at and behind the birth. */
static void monitor_is_killed(pid_t target, pid_t own) {
  for (unsigned i = 0; i < KILLS; i++) {
    prepare("sleep", false);
    int socket = exec_into(&engine, &draft, target);
    pid_t monitor = newest_monitor(&engine);
    usleep(i * STEP_US);
    if (CHECK(monitor > 0 && monitor != own)) {
      kill(monitor, SIGKILL);
      while (receive(socket, &answer) > 0) {
        close(answer.fd);
      }
      CHECK(alone_soon(target));
    }
    close(socket);
  }
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  int socket = program_launch(&engine, &(struct program_plan){.word = "wait", .flags = CLONE_NEWPID});
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    pid_t target = answer.stopped.pid;
    send_verdict(socket, true);
    EXPECT(socket, &answer, MSG_RUNNING);
    pid_t own = newest_monitor(&engine);
    for (int untraced = 0; untraced < 2; untraced++) {
      runs(target, untraced);
      birth_fails(target, untraced);
      program_fails(target, untraced);
    }
    monitor_is_killed(target, own);
    kill(target, SIGKILL);
    EXPECT(socket, &answer, MSG_EXITED);
  }
  close(socket);
  engine_stop(&engine);
  return check_done();
}
