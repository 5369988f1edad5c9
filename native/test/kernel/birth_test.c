/* Execs into the PID namespace of a running container: untraced, failing, and with a monitor that is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"

#define KILLS 40
#define STEP_US 150

enum { SLOT_PID = SLOT_CONTROL_SOCKET, SLOT_MOUNTS = SLOT_EXITS };

static struct engine engine;
static struct answer answer;
static struct draft draft;

static int namespace_fd(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

static void exec_draft(const char *word, bool untraced) {
  program_draft(&engine, &draft, &(struct program_plan){.word = word, .untraced = untraced});
  struct draft_step last = draft.steps[draft.count - 1];
  drop(&draft, STEP_CLONE);
  drop(&draft, STEP_EXIT_RECORD);
  drop(&draft, STEP_CONTROL);
  drop(&draft, STEP_PROPAGATION);
  drop(&draft, STEP_USE_ROOT);
  drop(&draft, STEP_PIVOT_ROOT);
  drop(&draft, STEP_EXEC);
  add_at(&draft, 0, STEP_CLONE, NUMBER(0), NO_SLOT);
  add_at(&draft, find(&draft, STEP_STDIO), STEP_JOIN_NS, NUMBER(SLOT_MOUNTS), NUMBER(CLONE_NEWNS));
  add_at(&draft, find(&draft, STEP_STDIO), STEP_JOIN_PID_NS, NUMBER(SLOT_PID));
  add(&draft, STEP_BIRTH);
  draft_insert(&draft, draft.count, last);
  drop(&draft, STEP_STDIN);
}

static int exec_into(pid_t target) {
  int slots[PROGRAM_SLOTS];
  program_slots(&engine, slots);
  close(slots[SLOT_PID]);
  close(slots[SLOT_MOUNTS]);
  slots[SLOT_PID] = namespace_fd(target, "pid");
  slots[SLOT_MOUNTS] = namespace_fd(target, "mnt");
  return launch(&engine, &draft, slots, PROGRAM_SLOTS);
}

/* Processes in the PID namespace of the target, itself aside. */
static unsigned neighbours(pid_t target) {
  struct stat wanted;
  int fd = namespace_fd(target, "pid");
  CHECK(fstat(fd, &wanted) == 0);
  close(fd);
  unsigned count = 0;
  DIR *all = opendir("/proc");
  for (struct dirent *entry; (entry = readdir(all));) {
    char path[64];
    struct stat found;
    pid_t pid = atoi(entry->d_name);
    snprintf(path, sizeof path, "/proc/%d/ns/pid", pid);
    count += pid > 0 && pid != target && stat(path, &found) == 0 && found.st_ino == wanted.st_ino;
  }
  closedir(all);
  return count;
}

static bool alone_soon(pid_t target) {
  for (int i = 0; i < 300; i++) {
    if (neighbours(target) == 0) {
      return true;
    }
    usleep(10000);
  }
  return false;
}

static void runs(pid_t target, bool untraced) {
  exec_draft("hello", untraced);
  int socket = exec_into(target);
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
  exec_draft("hello", untraced);
  add_at(&draft, find(&draft, STEP_UMASK), STEP_RLIMIT, NUMBER(RLIMIT_NPROC), NUMBER(0), NUMBER(0));
  set(&draft, STEP_GID, GID_GID, 1234);
  set(&draft, STEP_UID, UID_UID, 1234);
  int socket = exec_into(target);
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
  exec_draft("hello", untraced);
  const uint64_t trap[] = {0x0005000100000006}; /* BPF_RET | BPF_K SECCOMP_RET_ERRNO | EPERM */
  add_at(&draft, find(&draft, STEP_EXEC), STEP_SECCOMP, trap, sizeof trap, NUMBER(0));
  int socket = exec_into(target);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_CHILD);
    CHECK_NUMBER(answer.failed.code, STEP_EXEC);
    CHECK_NUMBER(answer.failed.error, EPERM);
  }
  close(socket);
  CHECK(alone_soon(target));
}

static pid_t newest_monitor(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", engine.pid, engine.pid);
  const char *text = text_of(path);
  pid_t last = 0;
  for (char *end; *text; text = end + strspn(end, " ")) {
    last = (pid_t)strtol(text, &end, 10);
    if (end == text) {
      break;
    }
  }
  return last;
}

/* At every moment of a launch: before, at and behind the birth. */
static void monitor_is_killed(pid_t target, pid_t own) {
  for (unsigned i = 0; i < KILLS; i++) {
    exec_draft("sleep", false);
    int socket = exec_into(target);
    pid_t monitor = newest_monitor();
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
    pid_t own = newest_monitor();
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
