#include "neighbour.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT_PID = SLOT_CONTROL_SOCKET, SLOT_MOUNTS = SLOT_EXITS };

int namespace_fd(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

void exec_draft(const struct engine *engine, struct draft *draft, const struct program_plan *plan) {
  program_draft(engine, draft, plan);
  struct draft_step last = draft->steps[draft->count - 1];
  drop(draft, STEP_CLONE);
  drop(draft, STEP_EXIT_RECORD);
  drop(draft, STEP_CONTROL);
  drop(draft, STEP_PROPAGATION);
  drop(draft, STEP_USE_ROOT);
  drop(draft, STEP_PIVOT_ROOT);
  drop(draft, STEP_EXEC);
  add_at(draft, 0, STEP_CLONE, NUMBER(0), NO_SLOT);
  add_at(draft, find(draft, STEP_STDIO), STEP_JOIN_NS, NUMBER(SLOT_MOUNTS), NUMBER(CLONE_NEWNS));
  add_at(draft, find(draft, STEP_STDIO), STEP_JOIN_PID_NS, NUMBER(SLOT_PID));
  add(draft, STEP_BIRTH);
  draft_insert(draft, draft->count, last);
  drop(draft, STEP_STDIN);
}

int exec_into(struct engine *engine, struct draft *draft, pid_t target) {
  int slots[PROGRAM_SLOTS];
  program_slots(engine, slots);
  close(slots[SLOT_PID]);
  close(slots[SLOT_MOUNTS]);
  slots[SLOT_PID] = namespace_fd(target, "pid");
  slots[SLOT_MOUNTS] = namespace_fd(target, "mnt");
  return launch(engine, draft, slots, PROGRAM_SLOTS);
}

/* Processes in the PID namespace of the target, itself aside. */
static unsigned neighbours(pid_t target) {
  struct stat wanted;
  int fd = namespace_fd(target, "pid");
  unsigned count = fstat(fd, &wanted) != 0;
  close(fd);
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

bool alone_soon(pid_t target) {
  for (int i = 0; i < 300; i++) {
    if (neighbours(target) == 0) {
      return true;
    }
    usleep(10000);
  }
  return false;
}

pid_t newest_monitor(const struct engine *engine) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", engine->pid, engine->pid);
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
