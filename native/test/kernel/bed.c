#include "bed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

#define SECONDS_MAX 10

static _Noreturn void give_up(const char *what) {
  fprintf(stderr, "test bed: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void need(bool holds, const char *what) {
  if (!holds) {
    give_up(what);
  }
}

void bed_shell(const struct bed *bed, const char *command) {
  char whole[2048];
  snprintf(whole, sizeof whole, "set -eu; W=%s; %s", bed->work, command);
  need(system(whole) == 0, command);
}

static void bed_close(struct bed *bed) {
  syscall(SYS_umount2, bed->work, MNT_DETACH);
  rmdir(bed->work);
}

static struct bed *opened;

static void close_opened(void) { bed_close(opened); }

void bed_open(struct bed *bed) {
  if (geteuid() != 0) {
    printf("SKIPPED: needs root\n");
    exit(0);
  }
  memset(bed, 0, sizeof *bed);
  strcpy(bed->work, "/tmp/warden-bed-XXXXXX");
  need(unshare(CLONE_NEWNS) == 0, "unshare");
  need(syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private propagation");
  need(mkdtemp(bed->work) != NULL, "work directory");
  opened = bed;
  atexit(close_opened);
  need(syscall(SYS_mount, "tmpfs", bed->work, "tmpfs", 0, "mode=755,size=64m") == 0, "tmpfs");
  bed_shell(
      bed,
      "mkdir $W/root $W/image; cd $W/image; mkdir bin proc sys dev etc tmp; chmod 1777 tmp; cp /bin/busybox "
      "bin/;"
      "for a in sh true cat id ls pwd hostname sleep tty stty readlink mkdir; do ln -s busybox bin/$a; done;"
      "for l in $(ldd bin/busybox | grep -oE '/[^ ]+' || :); do mkdir -p .${l%/*}; cp $l .$l; done");
  bed->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  need(bed->page != MAP_FAILED, "shared page");
  bed->uid_map = "0 100000 65536\n";
  bed->output = bed->input = bed->terminal = bed->listener = bed->pidfd = -1;
  alarm(SECONDS_MAX * 5);
}

void bed_slot_tree(struct bed *bed, unsigned slot, const char *path) {
  int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  need(fd >= 0, path);
  bed->slots[slot] = fd;
}

static void drop_fd(int *fd) {
  if (*fd >= 0) {
    close(*fd);
  }
  *fd = -1;
}

void bed_slots(struct bed *bed) {
  int in[2];
  int out[2];
  char image[64];
  memset(bed->slots, -1, sizeof bed->slots);
  drop_fd(&bed->output);
  drop_fd(&bed->input);
  need(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipes");
  bed->input = in[1];
  bed->output = out[0];
  bed->slots[SLOT_IN] = in[0];
  bed->slots[SLOT_OUT] = out[1];
  bed->slots[SLOT_ERR] = fcntl(out[1], F_DUPFD_CLOEXEC, 3);
  snprintf(image, sizeof image, "%s/image", bed->work);
  bed_slot_tree(bed, SLOT_ROOT, image);
  bed_slot_tree(bed, SLOT_NULL, "/dev/null");
  bed->slots[SLOT_LOG] = open(bed->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
  close(fd);
}

static void write_maps(const struct bed *bed) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/gid_map", bed->pid);
  write_file(path, bed->uid_map);
  snprintf(path, sizeof path, "/proc/%d/uid_map", bed->pid);
  write_file(path, bed->uid_map);
}

static void fetch(struct bed *bed) {
  uint32_t what = atomic_load(&bed->page->handover);
  if (what == HANDOVER_NONE) {
    return;
  }
  int fd = (int)syscall(SYS_pidfd_getfd, bed->pidfd, atomic_load(&bed->page->handover_fd), 0);
  need(fd >= 0, "pidfd_getfd");
  *(what == HANDOVER_TERMINAL ? &bed->terminal : &bed->listener) = fd;
  atomic_store(&bed->page->handover, HANDOVER_NONE);
  syscall(SYS_futex, &bed->page->handover, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* True at the exec-stop or holding, false at the end. */
static bool await(struct bed *bed) {
  for (int i = 0; i < SECONDS_MAX * 1000; i++) {
    int status;
    pid_t changed = waitpid(bed->pid, &status, WNOHANG | __WALL);
    if (changed == bed->pid && !WIFSTOPPED(status)) {
      bed->status = status;
      bed->pid = 0;
      return false;
    }
    if (changed == bed->pid && status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
      return true;
    }
    if (changed == bed->pid && status >> 8 == (SIGTRAP | PTRACE_EVENT_CLONE << 8)) {
      kill(bed->pid, SIGKILL);
      need(waitpid(bed->pid, &status, __WALL) == bed->pid, "waitpid of who gave birth");
      bed->pid = (pid_t)atomic_load(&bed->page->born);
    } else if (changed == bed->pid) {
      ptrace(PTRACE_CONT, bed->pid, NULL, (void *)(intptr_t)WSTOPSIG(status));
    }
    fetch(bed);
    if (atomic_load(&bed->page->failed)) { /* a filter may deny its exit, and init ignores a traced trap */
      bed_kill(bed);
      return false;
    }
    if (atomic_load(&bed->page->holding)) {
      return true;
    }
    const struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
  }
  errno = ETIMEDOUT;
  give_up("the child neither runs nor fails");
}

bool bed_launch(struct bed *bed, struct draft *d) {
  struct plan_fault fault;
  draft_encode(d);
  if (plan_verify(d->bytes, d->length, &bed->plan, &fault)) {
    fprintf(stderr, "refused: step %u %s: %s\n", fault.step, plan_step_name(fault.code), fault.reason);
    exit(1);
  }
  memset(bed->page, 0, sizeof *bed->page);
  bed->page->monitor = getpid();
  uint64_t flags = d->steps[find(d, STEP_CLONE)].operand[CLONE_FLAGS];
  struct clone_args args = {
      .flags = flags | CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uint64_t)(uintptr_t)&bed->pidfd};
  drop_fd(&bed->pidfd);
  drop_fd(&bed->terminal);
  drop_fd(&bed->listener);
  bed->pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (bed->pid == 0) {
    child_run(&bed->plan, bed->page, bed->slots);
  }
  need(bed->pid > 0, "clone3");
  for (unsigned slot = 0; slot < d->supplied; slot++) {
    drop_fd(&bed->slots[slot]);
  }
  if (flags & CLONE_NEWUSER) {
    write_maps(bed);
  }
  bool traced = false;
  for (unsigned i = 0; i < d->count; i++) {
    traced = traced || d->steps[i].code == STEP_TRACE;
  }
  if (traced) {
    need(ptrace(PTRACE_SEIZE, bed->pid, NULL, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) ==
             0,
         "seize");
  }
  atomic_store(&bed->page->gate, GATE_OPEN);
  syscall(SYS_futex, &bed->page->gate, FUTEX_WAKE, 1, NULL, NULL, 0);
  return await(bed);
}

void bed_release(struct bed *bed) { ptrace(PTRACE_DETACH, bed->pid, NULL, NULL); }

void bed_finish(struct bed *bed) {
  if (bed->pid > 0) {
    bed_release(bed);
    need(waitpid(bed->pid, &bed->status, __WALL) == bed->pid, "waitpid");
    bed->pid = 0;
  }
}

void bed_kill(struct bed *bed) {
  if (bed->pid > 0) {
    kill(bed->pid, SIGKILL);
    need(waitpid(bed->pid, &bed->status, __WALL) == bed->pid, "waitpid");
    bed->pid = 0;
  }
}

static const char *read_to_end(int fd) {
  static char text[65536];
  size_t length = 0;
  struct pollfd ready = {fd, POLLIN, 0};
  while (length < sizeof text - 1 && poll(&ready, 1, SECONDS_MAX * 1000) == 1) {
    ssize_t got = read(fd, text + length, sizeof text - 1 - length);
    if (got <= 0) {
      break;
    }
    length += (size_t)got;
  }
  text[length] = 0;
  return text;
}

const char *bed_output(const struct bed *bed) { return read_to_end(bed->output); }

const char *bed_terminal(const struct bed *bed) { return read_to_end(bed->terminal); }

const char *bed_proc(const struct bed *bed, const char *name) {
  static char text[65536];
  char path[128];
  snprintf(path, sizeof path, "/proc/%d/%s", bed->pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  need(fd >= 0, path);
  size_t length = 0;
  ssize_t got;
  while (length < sizeof text - 1 && (got = read(fd, text + length, sizeof text - 1 - length)) > 0) {
    length += (size_t)got;
  }
  close(fd);
  text[length] = 0;
  return text;
}

const char *bed_status(const struct bed *bed, const char *field) {
  static char value[4096];
  char key[64];
  snprintf(key, sizeof key, "\n%s:\t", field);
  const char *at = strstr(bed_proc(bed, "status"), key);
  if (!at) {
    return "(no such field)";
  }
  at += strlen(key);
  size_t length = strcspn(at, "\n");
  memcpy(value, at, length);
  value[length] = 0;
  while (length > 0 && value[length - 1] == ' ') {
    value[--length] = 0;
  }
  return value;
}

const char *bed_failure(const struct bed *bed) {
  static char text[128];
  if (!atomic_load(&bed->page->failed)) {
    return "fine";
  }
  snprintf(text, sizeof text, "%s: %s", plan_step_name((uint16_t)bed->page->failed_code),
           strerrorname_np(bed->page->failed_errno));
  return text;
}
