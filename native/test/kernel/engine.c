#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_id.h"
#include "packet.h"

/* For what is not the thing under test: without it no test can go on. */
static void must(bool holds, const char *what) {
  if (!holds) {
    fprintf(stderr, "cannot go on: %s\n", what);
    exit(2);
  }
}

static void die(const char *attempt) {
  perror(attempt);
  exit(2);
}

const char *in_dir(const struct engine *engine, const char *name) {
  static char paths[4][160];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", engine->dir, name);
  return path;
}

const char *text_of(const char *path) {
  static char text[65537];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t used = 0;
  ssize_t n;
  while (fd >= 0 && used < sizeof text - 1 && (n = read(fd, text + used, sizeof text - 1 - used)) > 0) {
    used += (size_t)n;
  }
  if (fd >= 0) {
    close(fd);
  }
  text[used] = '\0';
  return text;
}

const char *status_of(pid_t pid, const char *name) {
  static char value[128];
  char path[40];
  char key[40];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  snprintf(key, sizeof key, "\n%s:", name);
  const char *text = text_of(path);
  bool first = strncmp(text, key + 1, strlen(key) - 1) == 0;
  const char *line = first ? text : strstr(text, key);
  if (line == NULL) {
    return "";
  }
  line += strlen(key) - first;
  line += strspn(line, " \t");
  snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
  return value;
}

pid_t parent_of(pid_t pid) { return atoi(status_of(pid, "PPid")); }

bool gone_soon(pid_t pid) {
  for (int i = 0; i < 300; i++) {
    const char *state = status_of(pid, "State");
    if (state[0] == '\0' || state[0] == 'Z') {
      return true;
    }
    usleep(10000);
  }
  return false;
}

static void copy_file(const char *from, const char *to) {
  int in = open(from, O_RDONLY | O_CLOEXEC);
  int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
  char bytes[65536];
  ssize_t n;
  while ((n = read(in, bytes, sizeof bytes)) > 0) {
    if (write(out, bytes, (size_t)n) != n) {
      die(to);
    }
  }
  close(in);
  close(out);
}

static void make_dirs(const struct engine *engine) {
  const char *const dirs[] = {"rootfs", "rootfs/dev", "rootfs/dev/pts", "root", "exits"};
  for (unsigned i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
    if (mkdir(in_dir(engine, dirs[i]), 0755) != 0) {
      die(dirs[i]);
    }
  }
  copy_file("/proc/self/exe", in_dir(engine, "rootfs/program"));
}

static int run(char *const argv[]) {
  pid_t pid = fork();
  if (pid == 0) {
    execv(argv[0], argv);
    _exit(126);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int engine_start_with(struct engine *engine, const char *const *arguments) {
  char *argv[16] = {getenv("WARDEN"), "serve", "--run-dir", engine->dir};
  must(getuid() == 0, "these tests need root");
  must(argv[0] != NULL, "WARDEN must name the binary under test");
  signal(SIGPIPE, SIG_IGN);
  snprintf(engine->dir, sizeof engine->dir, "/tmp/warden-test-XXXXXX");
  must(mkdtemp(engine->dir) != NULL, "mkdtemp");
  umask(0);
  make_dirs(engine);
  for (unsigned i = 0; arguments[i] != NULL && i < 11; i++) {
    argv[4 + i] = (char *)(uintptr_t)arguments[i];
  }
  int status = run(argv);
  engine->serve = -1;
  engine->pid = atoi(text_of(in_dir(engine, "serve.pid")));
  return status;
}

void engine_start(struct engine *engine) {
  const char *const none[] = {NULL};
  must(engine_start_with(engine, none) == 0 && engine->pid > 0, "serve does not start");
  engine->serve = engine_connect(engine);
  must(engine->serve >= 0 && engine_greet(engine->serve), "serve does not answer");
}

void engine_stop(struct engine *engine) {
  close(engine->serve);
  if (engine->pid > 0 && strcmp(status_of(engine->pid, "Name"), "warden:serve") == 0) {
    kill(engine->pid, SIGKILL);
    must(gone_soon(engine->pid), "serve does not end");
  }
  char *argv[] = {"/bin/rm", "-rf", engine->dir, NULL};
  must(run(argv) == 0, "cannot remove the run directory");
}

int engine_connect(const struct engine *engine) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/serve.sock", engine->dir);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

bool engine_greet(int serve) {
  struct answer answer;
  send_request(serve, MSG_HELLO, -1);
  return receive(serve, &answer) == MSG_WELCOME;
}

int receive(int socket, struct answer *answer) {
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec body = {answer->bytes, sizeof answer->bytes};
  struct msghdr message = {
      .msg_iov = &body, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct pollfd ready = {socket, POLLIN, 0};
  answer->fd = -1;
  if (poll(&ready, 1, ENGINE_WAIT_MS) <= 0) {
    return -1;
  }
  ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (n <= 0) {
    return 0;
  }
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  if (c != NULL) {
    memcpy(&answer->fd, CMSG_DATA(c), sizeof answer->fd);
  }
  must(answer->header.length == n, "a message of the wrong length");
  return answer->header.type;
}

bool expect(int socket, struct answer *answer, int type) {
  int got = receive(socket, answer);
  if (got != type) {
    fprintf(stderr, "  message type is %d, expected %d\n", got, type);
  }
  if (got != type && got == MSG_FAILED) {
    fprintf(stderr, "  failed: phase %u step %u code %u error %d %s\n", answer->failed.phase,
            answer->failed.step, answer->failed.code, answer->failed.error, answer->failed.reason);
  }
  return got == type;
}

void send_bytes(int socket, const void *bytes, size_t length, const int *fds, unsigned count) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
  } control = {0};
  struct iovec body = {(void *)(uintptr_t)bytes, length};
  struct msghdr message = {.msg_iov = &body, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
  }
  (void)!sendmsg(socket, &message, 0);
}

void send_request(int socket, int type, int fd) {
  struct message_header header = {(uint16_t)type, PROTOCOL_VERSION, sizeof header};
  send_bytes(socket, &header, sizeof header, &fd, fd >= 0);
}

void send_verdict(int socket, bool release) {
  struct msg_verdict verdict = {{MSG_VERDICT, PROTOCOL_VERSION, sizeof verdict}, release, 0, 0};
  send_bytes(socket, &verdict, sizeof verdict, NULL, 0);
}

void send_later(int socket, uint16_t seconds) {
  struct msg_verdict verdict = {{MSG_VERDICT, PROTOCOL_VERSION, sizeof verdict}, VERDICT_LATER, seconds, 0};
  send_bytes(socket, &verdict, sizeof verdict, NULL, 0);
}

int plan_memfd(struct draft *draft, bool sealed) {
  static const uint8_t build[16] = BUILD_ID_BYTES;
  draft_encode(draft);
  memcpy(((struct plan_header *)(void *)draft->bytes)->build, build, sizeof build);
  int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (write(fd, draft->bytes, draft->length) != (ssize_t)draft->length) {
    die("plan");
  }
  if (sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    die("seal");
  }
  return fd;
}

static int launch_plan(struct engine *engine, int plan, const int *slots, unsigned count) {
  int ends[2];
  int fds[2 + PLAN_SLOTS_MAX];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    die("socketpair");
  }
  fds[0] = plan;
  fds[1] = ends[1];
  memcpy(fds + 2, slots, count * sizeof(int));
  struct msg_launch message = {{MSG_LAUNCH, PROTOCOL_VERSION, sizeof message}, 4711};
  send_bytes(engine->serve, &message, sizeof message, fds, count + 2);
  for (unsigned i = 0; i < count + 2; i++) {
    if (i != 0) {
      close(fds[i]);
    }
  }
  close(plan);
  static struct answer answer;
  must(expect(engine->serve, &answer, MSG_LAUNCHED) && answer.launched.tag == 4711 &&
           answer.launched.error == 0,
       "serve does not launch");
  return ends[0];
}

int launch(struct engine *engine, struct draft *draft, const int *slots, unsigned count) {
  return launch_plan(engine, plan_memfd(draft, true), slots, count);
}

int launch_and_release(struct engine *engine, struct draft *draft, const int *slots, unsigned count,
                       int *pidfd) {
  static struct answer answer;
  int socket = launch(engine, draft, slots, count);
  must(expect(socket, &answer, MSG_STOPPED), "the launch does not come to its stop");
  if (pidfd != NULL) {
    *pidfd = answer.fd;
  } else {
    close(answer.fd);
  }
  send_verdict(socket, true);
  must(expect(socket, &answer, MSG_RUNNING), "the child is not released");
  return socket;
}

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink(path);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4) != 0) {
    die(path);
  }
  return fd;
}

void program_slots(const struct engine *engine, int slots[PROGRAM_SLOTS]) {
  int in[2];
  int out[2];
  int err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
    die("pipe");
  }
  slots[SLOT_ROOT] =
      (int)syscall(SYS_open_tree, AT_FDCWD, in_dir(engine, "rootfs"), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  slots[SLOT_STDIN] = in[0];
  slots[SLOT_WRITE_IN] = in[1];
  slots[SLOT_READ_OUT] = out[0];
  slots[SLOT_STDOUT] = out[1];
  slots[SLOT_READ_ERR] = err[0];
  slots[SLOT_STDERR] = err[1];
  slots[SLOT_LOG_FILE] =
      open(in_dir(engine, "log"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  slots[SLOT_EXITS] = open(in_dir(engine, "exits"), O_PATH | O_DIRECTORY | O_CLOEXEC);
  slots[SLOT_CONTROL_SOCKET] = listen_at(in_dir(engine, "control.sock"));
}

static void program_identity(struct draft *d, const struct program_plan *plan) {
  add(d, STEP_UMASK, NUMBER(022));
  add(d, STEP_CHDIR, "/", NUMBER(1));
  add(d, STEP_BOUNDING, NUMBER(0));
  add(d, STEP_SECUREBITS, NUMBER(0));
  add(d, STEP_GROUPS, "", (size_t)0);
  add(d, STEP_GID, plan->uid);
  add(d, STEP_UID, plan->uid);
  add(d, STEP_NO_NEW_PRIVS);
  add(d, STEP_CAPSET, NUMBER(0), NUMBER(0), NUMBER(0));
  add(d, STEP_AMBIENT, NUMBER(0));
  add(d, STEP_REPORT);
  add(d, STEP_RESOLVE, "/program", "/bin");
  if (plan->filter != NULL) {
    add(d, STEP_SECCOMP, plan->filter, plan->filter_length, plan->filter_flags);
  }
}

void program_draft(const struct engine *engine, struct draft *d, const struct program_plan *plan) {
  const char *const args[] = {"/program", plan->word, NULL};
  const char *const env[] = {"HOME=/", NULL};
  memset(d, 0, sizeof *d);
  d->supplied = d->total = PROGRAM_SLOTS;
  add(d, STEP_CLONE, NUMBER(CLONE_NEWNS) | plan->flags, NO_SLOT);
  if (!plan->untraced) {
    add(d, STEP_TRACE);
  }
  add(d, STEP_LOG, NUMBER(SLOT_READ_OUT), NUMBER(SLOT_READ_ERR), NUMBER(SLOT_LOG_FILE));
  add(d, STEP_EXIT_RECORD, NUMBER(SLOT_EXITS), "c1");
  add(d, STEP_CONTROL, NUMBER(SLOT_CONTROL_SOCKET));
  add(d, STEP_STDIN, NUMBER(SLOT_WRITE_IN));
  add(d, STEP_CLOSE_FDS);
  add(d, STEP_SET_SID);
  add(d, STEP_PROPAGATION, NUMBER(MS_REC | MS_SLAVE));
  add(d, STEP_USE_ROOT, NUMBER(SLOT_ROOT), in_dir(engine, "root"));
  add(d, STEP_PIVOT_ROOT);
  add(d, STEP_STDIO, NUMBER(SLOT_STDIN), NUMBER(SLOT_STDOUT), NUMBER(SLOT_STDERR));
  add(d, STEP_CLOSE_FDS);
  program_identity(d, plan);
  add(d, STEP_EXEC, args, env);
}

int program_launch(struct engine *engine, const struct program_plan *plan) {
  static struct draft draft;
  int slots[PROGRAM_SLOTS];
  program_draft(engine, &draft, plan);
  program_slots(engine, slots);
  return launch(engine, &draft, slots, PROGRAM_SLOTS);
}
