/* The launch server: who may talk to it, what it makes of nonsense, what outlives it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_id.h"
#include "engine.h"

static struct engine engine;
static struct answer answer;

static unsigned open_files(pid_t pid) {
  char path[32];
  unsigned count = 0;
  for (int fd = 0; fd < 256; fd++) {
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    count += lstat(path, &status) == 0;
  }
  return count;
}

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE (3 << 13)

static cpu_set_t processors; /* what it has when it is not upset */

static void lower(int resource, rlim_t soft) {
  struct rlimit limit;
  CHECK(getrlimit(resource, &limit) == 0);
  limit.rlim_cur = soft;
  CHECK(setrlimit(resource, &limit) == 0);
}

/* Everything a server could inherit from whoever starts it; hard limits could not be raised again. */
static void upset(void) {
  static const struct sched_param none;
  cpu_set_t one;
  CHECK(sched_getaffinity(0, sizeof processors, &processors) == 0);
  CPU_ZERO(&one);
  for (unsigned i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
    if (CPU_ISSET(i, &processors)) {
      CPU_SET(i, &one);
    }
  }
  lower(RLIMIT_NOFILE, 300);
  lower(RLIMIT_STACK, 1 << 20);
  lower(RLIMIT_FSIZE, 1 << 30);
  CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(sched_setscheduler(0, SCHED_BATCH, &none) == 0);
  CHECK(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE) == 0);
  CHECK(setpriority(PRIO_PROCESS, 0, 5) == 0);
  CHECK(personality(ADDR_NO_RANDOMIZE) >= 0);
}

static rlim_t soft_limit(int resource) {
  struct rlimit limit = {0, 0};
  CHECK(prlimit(engine.pid, resource, NULL, &limit) == 0);
  return limit.rlim_cur;
}

static void inherits_nothing(void) {
  char path[40];
  cpu_set_t now;
  struct rlimit files;
  CHECK(getrlimit(RLIMIT_FSIZE, &files) == 0);
  CHECK_NUMBER(soft_limit(RLIMIT_FSIZE), files.rlim_max);
  CHECK_NUMBER(soft_limit(RLIMIT_NOFILE), 1024);
  CHECK_NUMBER(soft_limit(RLIMIT_STACK), 8 << 20);
  CHECK_NUMBER(soft_limit(RLIMIT_CORE), 0);
  CHECK(sched_getaffinity(engine.pid, sizeof now, &now) == 0 && CPU_EQUAL(&now, &processors));
  CHECK_NUMBER(sched_getscheduler(engine.pid), SCHED_OTHER);
  CHECK_NUMBER(getpriority(PRIO_PROCESS, (id_t)engine.pid), 0);
  CHECK(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, engine.pid) != IOPRIO_IDLE);
  snprintf(path, sizeof path, "/proc/%d/personality", engine.pid);
  CHECK_TEXT(text_of(path), "00000000\n");
  CHECK(sched_setaffinity(0, sizeof processors, &processors) == 0);
}

static void is_born_clean(void) {
  struct stat socket;
  char link[64] = {0};
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/exe", engine.pid);
  CHECK(readlink(path, link, sizeof link - 1) > 0);
  CHECK_TEXT(link, "/memfd:warden (deleted)");
  struct stat image;
  CHECK(stat(path, &image) == 0 && (image.st_mode & 07777) == 0711);
  CHECK(stat(in_dir(&engine, "serve.sock"), &socket) == 0 && (socket.st_mode & 07777) == 0600);
  CHECK_TEXT(status_of(engine.pid, "Umask"), "0077");
  CHECK_TEXT(status_of(engine.pid, "Threads"), "1");
  CHECK_TEXT(status_of(engine.pid, "SigIgn"), "fffffffffffabeff"); /* all but KILL, TERM, CHLD, STOP */
  CHECK_NUMBER(open_files(engine.pid), 3 + 4); /* signals, listener, host mounts, this engine */
  snprintf(path, sizeof path, "/proc/%d/environ", engine.pid);
  CHECK_TEXT(text_of(path), "");
}

static void welcomes(void) {
  int second = engine_connect(&engine);
  send_request(second, MSG_HELLO, -1);
  if (EXPECT(second, &answer, MSG_WELCOME)) {
    static const uint8_t build[16] = BUILD_ID_BYTES;
    CHECK_NUMBER(answer.welcome.plan_abi, PLAN_ABI);
    CHECK_NUMBER(answer.welcome.pid, engine.pid);
    CHECK(memcmp(answer.welcome.build, build, sizeof build) == 0);
  }
  CHECK_NUMBER(receive(engine.serve, &answer), 0); /* the engine before is replaced */
  close(engine.serve);
  engine.serve = second;
}

/* Sends it over a fresh connection and sees that one closed, and serve alive without new descriptors. */
static void refuses_bytes(const void *bytes, size_t length, int greeted, const int *fds, unsigned count) {
  close(engine.serve);
  engine.serve = engine_connect(&engine);
  CHECK(!greeted || engine_greet(engine.serve));
  send_bytes(engine.serve, bytes, length, fds, count);
  CHECK_NUMBER(receive(engine.serve, &answer), 0);
  close(engine.serve);
  engine.serve = engine_connect(&engine);
  CHECK(engine_greet(engine.serve));
  CHECK_NUMBER(open_files(engine.pid), 3 + 4);
}

static void refuses_nonsense(void) {
  struct msg_launch message = {{MSG_LAUNCH, PROTOCOL_VERSION, sizeof message}, 1};
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int fds[250];
  char big[5000] = {0};
  for (unsigned i = 0; i < 250; i++) {
    fds[i] = null;
  }
  refuses_bytes("x", 1, 1, NULL, 0);
  refuses_bytes(big, sizeof big, 1, fds, 3);
  refuses_bytes(&message, sizeof message, 0, fds, 2); /* not greeted */
  refuses_bytes(&message, sizeof message, 1, fds, 1); /* no socket */
  refuses_bytes(&message, sizeof message.header, 1, fds, 2);
  message.header.length--;
  refuses_bytes(&message, sizeof message, 1, fds, 250);
  message.header.length++;
  message.header.version = 0;
  refuses_bytes(&message, sizeof message, 1, fds, 2);
  message.header.version = PROTOCOL_VERSION;
  message.header.type = 4242;
  refuses_bytes(&message, sizeof message, 1, fds, 2);
  message.header.type = MSG_HELPER;
  refuses_bytes(&message, sizeof message, 1, fds, 5); /* too short for it */
  close(null);
}

static int hold_plan(struct draft *draft, bool sealed) {
  memset(draft, 0, sizeof *draft);
  add(draft, STEP_CLONE, NUMBER(CLONE_NEWUTS), NO_SLOT);
  add(draft, STEP_CLOSE_FDS);
  add(draft, STEP_HOLD);
  return plan_memfd(draft, sealed);
}

static void refuses_plan(int plan, const char *reason) {
  int ends[2];
  struct msg_launch message = {{MSG_LAUNCH, PROTOCOL_VERSION, sizeof message}, 1};
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  int fds[] = {plan, ends[1]};
  send_bytes(engine.serve, &message, sizeof message, fds, 2);
  close(plan);
  close(ends[1]);
  EXPECT(engine.serve, &answer, MSG_LAUNCHED);
  if (EXPECT(ends[0], &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_VERIFY);
    CHECK_TEXT(answer.failed.reason, reason);
  }
  CHECK_NUMBER(receive(ends[0], &answer), 0);
  close(ends[0]);
}

static void refuses_plans(void) {
  static struct draft draft;
  refuses_plan(hold_plan(&draft, false), "the plan is not a sealed memfd of acceptable size");
  refuses_plan(open("/dev/null", O_RDONLY | O_CLOEXEC), "the plan is not a sealed memfd of acceptable size");
  int plan = hold_plan(&draft, false);
  CHECK(pwrite(plan, "\1", 1, offsetof(struct plan_header, build)) == 1);
  CHECK(fcntl(plan, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
  refuses_plan(plan, "the plan is for a warden of another build");
  plan = hold_plan(&draft, false);
  CHECK(pwrite(plan, "\1", 1, 0) == 1);
  CHECK(fcntl(plan, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
  refuses_plan(plan, "not a launch plan");
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int socket = launch(&engine, &draft, &null, 1); /* a descriptor that the plan does not know */
  EXPECT(socket, &answer, MSG_FAILED);
  close(socket);
}

/* Whether a process that has done `change` gets a welcome. */
static bool is_welcome_after(int (*change)(void)) {
  pid_t child = fork();
  if (child == 0) {
    if (change() != 0) {
      _exit(2);
    }
    pid_t grandchild = fork(); /* a PID namespace is entered by children */
    if (grandchild == 0) {
      int serve = engine_connect(&engine);
      _exit(serve >= 0 && engine_greet(serve) ? 0 : 1);
    }
    int status;
    waitpid(grandchild, &status, 0);
    _exit(WEXITSTATUS(status));
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 2);
  return status == 0;
}

static int change_nothing(void) { return 0; }
static int change_user(void) { return chmod(engine.dir, 0755) | setuid(1000); }
static int change_mounts(void) { return unshare(CLONE_NEWNS); }
static int change_pids(void) { return unshare(CLONE_NEWPID); }

static void knows_its_engine(void) {
  CHECK(is_welcome_after(change_nothing));
  CHECK(!is_welcome_after(change_mounts));
  CHECK(!is_welcome_after(change_pids));
  chmod(in_dir(&engine, "serve.sock"), 0666);
  CHECK(!is_welcome_after(change_user));
  close(engine.serve);
  engine.serve = engine_connect(&engine);
  CHECK(engine_greet(engine.serve));
}

static void wants_a_private_directory(void) {
  char dir[] = "/tmp/warden-test-open-XXXXXX";
  CHECK(mkdtemp(dir) != NULL && chmod(dir, 0755) == 0);
  pid_t child = fork();
  if (child == 0) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    execl(getenv("WARDEN"), "warden", "serve", "--run-dir", dir, (char *)NULL);
    _exit(2);
  }
  int status;
  waitpid(child, &status, 0);
  CHECK_NUMBER(status, 1 << 8);
  CHECK(rmdir(dir) == 0); /* nothing was left in it */
}

/* Ends serve; what it started stays, and goes on answering. */
static void monitors_outlive_it(bool killed) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS];
  int pidfd;
  program_draft(&engine, &draft, &(struct program_plan){.word = "wait"});
  program_slots(&engine, slots);
  int socket = launch_and_release(&engine, &draft, slots, PROGRAM_SLOTS, &pidfd);
  if (killed) {
    kill(engine.pid, SIGKILL);
  } else {
    send_request(engine.serve, MSG_QUIT, -1);
  }
  CHECK(gone_soon(engine.pid));
  CHECK(engine_connect(&engine) < 0);
  send_request(socket, MSG_CLOSE_STDIN, -1);
  EXPECT(socket, &answer, MSG_DONE);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
  }
  close(socket);
  close(pidfd);
}

/* In a PID namespace whose vm.memfd_noexec is 2: the image comes from an overlay that nobody can write
 * through. */
static int serve_without_memfd(void) {
  int setting = -1;
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
      mount("proc", "/proc", "proc", 0, NULL) == 0) {
    setting = open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC);
  }
  CHECK(setting >= 0 && write(setting, "2", 1) == 1);
  engine_start(&engine);
  char path[40];
  char link[128] = {0};
  snprintf(path, sizeof path, "/proc/%d/exe", engine.pid);
  CHECK(readlink(path, link, sizeof link - 1) > 0 && strstr(link, "memfd") == NULL);
  CHECK(open(path, O_WRONLY | O_CLOEXEC) < 0 && (errno == EROFS || errno == ETXTBSY));
  struct statfs fs;
  CHECK(statfs(path, &fs) == 0 && (fs.f_flags & ST_RDONLY) != 0);
  static struct draft draft;
  hold_plan(&draft, true);
  int socket = launch(&engine, &draft, NULL, 0);
  EXPECT(socket, &answer, MSG_STOPPED);
  close(socket);
  kill(engine.pid, SIGTERM); /* from pid 1, as when the node goes down */
  CHECK(gone_soon(engine.pid));
  engine_stop(&engine);
  return check_done();
}

static void runs_without_executable_memfd(void) {
  fflush(stdout);
  pid_t outer = fork();
  if (outer == 0) {
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) {
      _exit(3);
    }
    pid_t inner = fork();
    if (inner == 0) {
      exit(serve_without_memfd());
    }
    int status;
    waitpid(inner, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
  }
  int status;
  waitpid(outer, &status, 0);
  CHECK_NUMBER(status, 0);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  upset();
  engine_start(&engine);
  inherits_nothing();
  is_born_clean();
  welcomes();
  refuses_nonsense();
  refuses_plans();
  knows_its_engine();
  wants_a_private_directory();
  runs_without_executable_memfd();
  monitors_outlive_it(false);
  engine_stop(&engine);
  engine_start(&engine);
  monitors_outlive_it(true);
  engine_stop(&engine);
  return check_done();
}
