/* cgroup2: serve moves to its own, knows engines by theirs, a child is born in the one of its plan and a
 * helper in the one of its order. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "sys.h"

static struct engine engine;
static struct answer answer;
static char mount_point[128];
static char serves[192];
static char containers[192];

static bool find_cgroup2(void) {
  char line[512];
  FILE *mounts = fopen("/proc/self/mountinfo", "r");
  while (mounts != NULL && fgets(line, sizeof line, mounts) != NULL) {
    if (strstr(line, " - cgroup2 ") != NULL && sscanf(line, "%*s %*s %*s %*s %127s", mount_point) == 1) {
      break;
    }
  }
  if (mounts != NULL) {
    fclose(mounts);
  }
  return mount_point[0] != '\0';
}

/* The path of a process in the cgroup2 hierarchy. */
static const char *cgroup_of(pid_t pid) {
  static char value[256];
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  const char *text = text_of(path);
  const char *line = strncmp(text, "0::", 3) == 0 ? text - 1 : strstr(text, "\n0::");
  CHECK(line != NULL);
  snprintf(value, sizeof value, "%.*s", line == NULL ? 0 : (int)strcspn(line + 4, "\n"),
           line == NULL ? "" : line + 4);
  return value;
}

static const char *under(const char *cgroup) { return cgroup + strlen(mount_point); }

static void remove_soon(const char *directory) {
  for (int i = 0; i < 200 && rmdir(directory) != 0; i++) {
    usleep(10000);
  }
  CHECK(access(directory, F_OK) != 0);
}

static void serve_moves(void) {
  const char *const arguments[] = {"--cgroup", serves, NULL};
  CHECK_NUMBER(engine_start_with(&engine, arguments), 0);
  CHECK_TEXT(cgroup_of(engine.pid), under(serves));
  engine.serve = engine_connect(&engine);
  CHECK(engine_greet(engine.serve));
}

static void child_is_born_there(void) {
  static struct draft draft;
  memset(&draft, 0, sizeof draft);
  draft.supplied = draft.total = 1;
  add(&draft, STEP_CLONE, NUMBER(CLONE_NEWCGROUP), NUMBER(0));
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  int slot = open(containers, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int socket = launch(&engine, &draft, &slot, 1);
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    pid_t child = answer.stopped.pid;
    CHECK_TEXT(cgroup_of(child), under(containers));
    CHECK_TEXT(cgroup_of(parent_of(child)), under(serves)); /* its reaper does not share its fate */
    close(answer.fd);
  }
  send_verdict(socket, true);
  EXPECT(socket, &answer, MSG_RUNNING);
  EXPECT(socket, &answer, MSG_EXITED);
  close(socket);
}

static void stage_and_child_are_born_there(void) {
  static struct draft draft;
  memset(&draft, 0, sizeof draft);
  add(&draft, STEP_CLONE, NUMBER(CLONE_NEWUSER), NO_SLOT);
  add(&draft, STEP_ID_MAPS, "0 300000 1000\n", "0 300000 1000\n", NUMBER(0));
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  int first = launch(&engine, &draft, NULL, 0);
  CHECK(expect(first, &answer, MSG_STOPPED));
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/ns/user", answer.stopped.pid);
  int slots[] = {open(path, O_RDONLY | O_CLOEXEC), open(containers, O_PATH | O_DIRECTORY | O_CLOEXEC)};
  memset(&draft, 0, sizeof draft);
  draft.supplied = draft.total = 2;
  add(&draft, STEP_JOIN_USER_NS, NUMBER(0));
  add(&draft, STEP_CLONE, NUMBER(0), NUMBER(1));
  add(&draft, STEP_CLOSE_FDS);
  add(&draft, STEP_HOLD);
  int second = launch(&engine, &draft, slots, 2);
  if (EXPECT(second, &answer, MSG_STOPPED)) {
    CHECK_TEXT(cgroup_of(answer.stopped.pid), under(containers));
  }
  close(second);
  close(first);
}

/* As the engine does when a helper has ended. */
static void kill_cgroup(const char *cgroup) {
  char path[256];
  snprintf(path, sizeof path, "%s/cgroup.kill", cgroup);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  CHECK_NUMBER(write(file, "1", 1), 1);
  close(file);
}

static uint32_t namespaces;

static int start_shown(const char *const strings[], unsigned argc, unsigned envc, unsigned timeout_ms,
                       const char *directory, int container, int *output) {
  int out[2];
  int ends[2];
  int memory = memfd_create("helper", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CHECK(write(memory, strings[0], strlen(strings[0]) + 1) > 0 &&
        write(memory, directory, strlen(directory) + 1) > 0);
  for (unsigned i = 0; strings[i] != NULL; i++) {
    CHECK(write(memory, strings[i], strlen(strings[i]) + 1) > 0);
  }
  CHECK(fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
  CHECK(pipe2(out, O_CLOEXEC) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int cgroup = open(containers, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fds[] = {memory, null, out[1], null, ends[1], cgroup, container};
  struct msg_helper message = {
      {MSG_HELPER, PROTOCOL_VERSION, sizeof message}, 5, argc, envc, timeout_ms, namespaces, 0, 0};
  send_bytes(engine.serve, &message, sizeof message, fds, container < 0 ? 6 : 7);
  for (unsigned i = 0; i < 6; i++) {
    close(fds[i]);
  }
  EXPECT(engine.serve, &answer, MSG_LAUNCHED);
  *output = out[0];
  return ends[0];
}

static int start_helper(const char *const strings[], unsigned argc, unsigned envc, unsigned timeout_ms,
                        int *output) {
  return start_shown(strings, argc, envc, timeout_ms, "/proc", -1, output);
}

static void runs_helpers(void) {
  const char *const echo[] = {"/bin/sh", "-c", "echo $WORD; readlink self/ns/mnt; umask; exit 5",
                              "WORD=spoken", NULL};
  char text[256] = {0};
  char expected[256];
  char mounts[64] = {0};
  int output;
  int socket = start_helper(echo, 3, 1, 5000, &output);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 5 << 8);
  }
  CHECK(readlink("/proc/self/ns/mnt", mounts, sizeof mounts - 1) > 0);
  snprintf(expected, sizeof expected, "spoken\n%s\n0022\n", mounts);
  size_t used = 0;
  ssize_t n;
  while ((n = read(output, text + used, sizeof text - 1 - used)) > 0) {
    used += (size_t)n;
  }
  CHECK_TEXT(text, expected);
  close(socket);
  close(output);

  const char *const nothing[] = {"/nowhere/program", NULL};
  socket = start_helper(nothing, 1, 0, 1000, &output);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.error, ENOENT);
  }
  close(socket);
  close(output);
  socket = start_helper(nothing, 2, 0, 1000, &output); /* fewer strings than said */
  EXPECT(socket, &answer, MSG_FAILED);
  close(socket);
  close(output);

  const char *const slow[] = {"/bin/sh", "-c", "setsid sleep 60 & wait", NULL};
  socket = start_helper(slow, 3, 0, 300, &output);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, SIGKILL);
  }
  kill_cgroup(containers); /* last: Linux 6.18 kills whoever is cloned into a cgroup that was killed once */
  CHECK_NUMBER(read(output, text, 1), 0); /* what had left its session is dead as well */
  close(socket);
  close(output);
}

/* A program of the host that sees this test's own mounts at "rootfs". */
static void shows_a_container(void) {
  const char *const look[] = {"/bin/sh", "-c",
                              "test -d rootfs/proc/1 && test $(pwd) != / && ! test -e rootfs/x", NULL};
  const char *const mount[] = {"/bin/sh", "-c",
                               "mount -t tmpfs none rootfs && umount rootfs && "
                               "mount -t tmpfs none rootfs",
                               NULL};
  int output;
  char directory[128];
  char root[256];
  snprintf(directory, sizeof directory, "%s", in_dir(&engine, "bundle"));
  snprintf(root, sizeof root, "%s/rootfs", directory);
  CHECK(mkdir(directory, 0700) == 0 && mkdir(root, 0700) == 0);
  int own = sys_pidfd_open(getpid());
  namespaces = CLONE_NEWNET | CLONE_NEWUTS;
  int socket = start_shown(look, 3, 0, 5000, directory, own, &output);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
  }
  close(socket);
  close(output);
  socket = start_shown(mount, 3, 0, 5000, directory, own, &output);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.error, 0);
    CHECK_TEXT(answer.failed.reason, HELPER_MOUNTED);
  }
  close(socket);
  close(output);
  namespaces = CLONE_NEWPID;
  socket = start_shown(look, 3, 0, 5000, directory, own, &output);
  if (EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.error, EINVAL);
  }
  close(socket);
  close(output);
  namespaces = 0;
  close(own);
  CHECK(rmdir(root) == 0 && rmdir(directory) == 0); /* nothing is mounted there here */
}

/* Whether an engine is welcome to a serve that wants this cgroup of it. */
static bool welcome_from(const char *cgroup) {
  const char *const arguments[] = {"--peer-cgroup", cgroup, NULL};
  CHECK_NUMBER(engine_start_with(&engine, arguments), 0);
  engine.serve = engine_connect(&engine);
  bool welcome = engine_greet(engine.serve);
  engine_stop(&engine);
  return welcome;
}

static void engines_are_known_by_cgroup(void) {
  char own[256];
  char longer[300];
  snprintf(own, sizeof own, "%s", cgroup_of(getpid()));
  snprintf(longer, sizeof longer, "%s/x", own);
  CHECK(welcome_from(own));
  CHECK(!welcome_from(longer));
  CHECK(!welcome_from(""));
}

static void wrong_cgroup_is_told(void) {
  const char *const arguments[] = {"--cgroup", "/nowhere", NULL};
  fflush(stderr);
  int saved = dup(2);
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, 2);
  int status = engine_start_with(&engine, arguments);
  dup2(saved, 2);
  close(saved);
  close(null);
  CHECK_NUMBER(status, 1);
  CHECK_NUMBER(engine.pid, 0);
  engine_stop(&engine);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  if (!find_cgroup2()) {
    puts("skipped: no cgroup2 is mounted here");
    return 0;
  }
  snprintf(serves, sizeof serves, "%s/warden-test-%d-serve", mount_point, getpid());
  snprintf(containers, sizeof containers, "%s/warden-test-%d-container", mount_point, getpid());
  CHECK(mkdir(serves, 0755) == 0 && mkdir(containers, 0755) == 0);
  serve_moves();
  child_is_born_there();
  stage_and_child_are_born_there();
  shows_a_container();
  runs_helpers();
  engine_stop(&engine);
  remove_soon(containers);
  remove_soon(serves);
  engines_are_known_by_cgroup();
  wrong_cgroup_is_told();
  return check_done();
}
