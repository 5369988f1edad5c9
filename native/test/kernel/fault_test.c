/* The fault build does the faults it is told, one at a time: each shows at the exec-stop. $WARDEN-fault is
 * the binary. */
#include <dirent.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <unistd.h>

#include "engine.h"

static struct engine engine;
static struct answer answer;

static const struct sock_filter deny[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG)};

/* Starts a serve with this fault and launches up to the exec-stop; the child's pid, or 0 if it failed. */
static pid_t stopped_with(const char *fault, int *socket) {
  static struct draft d;
  const struct program_plan plan = {.word = "true",
                                    .flags = CLONE_NEWUTS,
                                    .uid = 1000,
                                    .filter = (const uint64_t *)(const void *)deny,
                                    .filter_length = sizeof deny};
  const uint32_t gids[] = {7};
  int slots[PROGRAM_SLOTS];
  setenv("WARDEN_FAULT", fault, 1);
  engine_start(&engine);
  program_draft(&engine, &d, &plan);
  set(&d, STEP_GROUPS, GROUPS_GIDS, draft_blob(&d, gids, sizeof gids));
  add_at(&d, find(&d, STEP_STDIO), STEP_RLIMIT, NUMBER(7), NUMBER(50), NUMBER(60));
  add_at(&d, find(&d, STEP_STDIO), STEP_HOSTNAME, "right-name");
  program_slots(&engine, slots);
  *socket = launch(&engine, &d, slots, PROGRAM_SLOTS);
  bool filtered = true;
  while (receive(*socket, &answer) == MSG_FILTER) {
    filtered = memcmp(answer.bytes + 16, deny, sizeof deny) == 0;
  }
  CHECK_NUMBER(filtered, strstr(fault, "allow") == NULL);
  return answer.header.type == MSG_STOPPED ? answer.stopped.pid : 0;
}

static void end(int socket) {
  send_verdict(socket, false);
  close(socket);
  engine_stop(&engine);
}

static void shows(const char *fault, const char *field, const char *expected) {
  int socket;
  pid_t pid = stopped_with(fault, &socket);
  if (CHECK(pid > 0)) {
    CHECK_TEXT(status_of(pid, field), expected);
  }
  end(socket);
}

static unsigned descriptors(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  unsigned count = 0;
  while (directory && readdir(directory)) {
    count++;
  }
  closedir(directory);
  return count - 2;
}

static void keeps(const char *fault, unsigned expected) {
  int socket;
  pid_t pid = stopped_with(fault, &socket);
  if (CHECK(pid > 0)) {
    CHECK_NUMBER(descriptors(pid), expected);
  }
  end(socket);
}

static bool own_uts(pid_t pid) {
  char path[64];
  char own[64] = "";
  char its[64] = "";
  snprintf(path, sizeof path, "/proc/%d/ns/uts", pid);
  return readlink("/proc/self/ns/uts", own, sizeof own - 1) > 0 && readlink(path, its, sizeof its - 1) > 0 &&
         strcmp(own, its) == 0;
}

static void drops_a_namespace(void) {
  int socket;
  pid_t pid = stopped_with("clear:CLONE:0:0x04000000;skip:HOSTNAME", &socket);
  CHECK(pid > 0 && own_uts(pid));
  end(socket);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  char binary[4096];
  const char *warden = getenv("WARDEN");
  snprintf(binary, sizeof binary, "%s-fault", warden ? warden : "");
  setenv("WARDEN", binary, 1);
  shows("skip:HOLD", "NoNewPrivs", "1");
  shows("skip:NO_NEW_PRIVS;skip:UID;skip:CAPSET", "NoNewPrivs", "0");
  shows("set:UMASK:0:0", "Umask", "0000");
  shows("set:UID:0:1001", "Uid", "1001\t1001\t1001\t1001");
  shows("word:GROUPS:0:8", "Groups", "8 ");
  shows("or:BOUNDING:0:0x200000", "CapBnd", "0000000000200000");
  shows("ignore:CLOSE_FDS.1:13", "SigIgn", "0000000000001000");
  shows("block:CLOSE_FDS.1:15", "SigBlk", "0000000000004000");
  shows("allow:SECCOMP", "Seccomp", "2");
  shows("skip:SECCOMP", "Seccomp", "0");
  keeps("", 3);
  keeps("keepfd:CLOSE_FDS.1", 4);
  drops_a_namespace();
  return check_done();
}
