/*
 * The floor of the launch benchmark: one process that makes just the kernel calls a launch with these
 * constraints cannot do without, and nothing else. No daemon, no plan, no verification, no tracing. For each
 * line on standard input it launches once and answers with the microseconds it took.
 *
 *   floor LOWERDIR WORKDIR POD CGROUP NET_NS IPC_NS UTS_NS FILTER PROGRAM
 *
 * LOWERDIR: the root file system. WORKDIR: an empty directory on the same file system as the daemon's state.
 * POD: the pod's directory, with shm/ and files/{hosts,hostname,resolv.conf}. CGROUP: a cgroup2 directory
 * under which a leaf per launch is made. *_NS: namespace files to join. FILTER: a file of struct sock_filter,
 * the default profile as the daemon compiled it. PROGRAM: absolute path within the root.
 *
 * Each launch: record fsynced (create) - log opened, pipes for the output - cgroup leaf with its device
 * program - overlay, clones of the pod's mounts - clone3 into new mount, pid and cgroup namespaces - join
 * net, ipc, uts - oom_score_adj, session keyring - /proc, /dev with its nodes, devpts, shm, mqueue, the pod's
 * three files, sysfs, cgroup2 - masked and read-only paths - pivot_root - bounding set, groups, gid, uid,
 * capset, no_new_privs, filter - exec - output copied to the log until its end - wait - record fsynced (exit)
 * - everything removed, the log excepted.
 */
#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sock_filter filter[4096];
struct sock_fprog program;
int namespaces[3];
const struct pod_mount pod_mounts[POD_MOUNTS] = {{"shm", "dev/shm", 0},
                                                 {"files/hostname", "etc/hostname", 1},
                                                 {"files/hosts", "etc/hosts", 1},
                                                 {"files/resolv.conf", "etc/resolv.conf", 1}};

void die(const char *what) {
  perror(what);
  exit(1);
}

void need(long result, const char *what) {
  if (result < 0) die(what);
}

static void record(const char *directory, const char *name) {
  char temporary[512], final[512], text[2048];
  snprintf(temporary, sizeof temporary, "%s/%s.tmp", directory, name);
  snprintf(final, sizeof final, "%s/%s", directory, name);
  memset(text, 'x', sizeof text); /* about the size of the daemon's record */
  int fd = open(temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  need(fd, temporary);
  need(write(fd, text, sizeof text), "write");
  need(fsync(fd), "fsync");
  close(fd);
  need(rename(temporary, final), "rename");
  int dir = open(directory, O_DIRECTORY | O_CLOEXEC);
  need(fsync(dir), "fsync of the directory");
  close(dir);
}

int make_mount(const char *type, const char *const *options, unsigned attributes) {
  int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
  need(context, type);
  for (; *options != NULL; options += 2) {
    if (options[1] == NULL) {
      need(syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, options[0], NULL, 0), options[0]);
    } else {
      need(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, options[0], options[1], 0), options[0]);
    }
  }
  need(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
  int mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
  need(mount, "fsmount");
  close(context);
  return mount;
}

/* The pod's shm and files, cloned and restricted before the child is there, as the daemon does. */
static void clone_pod_mounts(int pod, int *clones) {
  struct mount_attr attributes = {.attr_set = ATTRIBUTES_SAFE, .propagation = MS_PRIVATE};
  for (size_t i = 0; i < POD_MOUNTS; i++) {
    clones[i] = (int)syscall(SYS_open_tree, pod, pod_mounts[i].from,
                             OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    need(clones[i], pod_mounts[i].from);
    need(syscall(SYS_mount_setattr, clones[i], "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                 sizeof attributes),
         "mount_setattr");
  }
}

static void open_pipe(int *read_end, int *write_end) {
  int ends[2];
  need(pipe2(ends, O_CLOEXEC), "pipe");
  *read_end = ends[0];
  *write_end = ends[1];
}

static void prepare(struct launch *l, const char *lower, const char *work, int pod, const char *cgroup,
                    int number) {
  char upper[300], workdir[300], log[300];
  snprintf(l->state, sizeof l->state, "%s/%d", work, number);
  snprintf(upper, sizeof upper, "%s/upper", l->state);
  snprintf(workdir, sizeof workdir, "%s/work", l->state);
  snprintf(log, sizeof log, "%s/log", work);
  snprintf(l->at, sizeof l->at, "%s/root", work);
  snprintf(l->leaf, sizeof l->leaf, "%s/floor-%d", cgroup, number);
  need(mkdir(l->state, 0700), l->state);
  need(mkdir(upper, 0755), upper);
  need(mkdir(workdir, 0755), workdir);
  record(l->state, "record");
  l->log = open(log, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0640);
  need(l->log, log);
  open_pipe(&l->output, &l->child_output);
  open_pipe(&l->error, &l->child_error);
  need(mkdir(l->leaf, 0755), l->leaf);
  l->cgroup = open(l->leaf, O_DIRECTORY | O_CLOEXEC);
  limit_devices(l->cgroup);
  const char *const options[] = {"lowerdir+", lower, "upperdir", upper, "workdir", workdir, NULL};
  l->root = make_mount("overlay", options, 0);
  clone_pod_mounts(pod, l->clones);
}

static void copy(int from, int to) {
  char bytes[4096];
  ssize_t length;
  while ((length = read(from, bytes, sizeof bytes)) > 0) need(write(to, bytes, (size_t)length), "log");
  close(from);
}

static void run(struct launch *l, const char *path) {
  int pidfd = -1;
  struct clone_args arguments = {
      .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_INTO_CGROUP | CLONE_PIDFD,
      .pidfd = (uint64_t)(uintptr_t)&pidfd,
      .exit_signal = SIGCHLD,
      .cgroup = (uint64_t)l->cgroup};
  long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  need(pid, "clone3");
  if (pid == 0) child(l, path);
  close(l->child_output);
  close(l->child_error);
  close(l->root);
  for (size_t i = 0; i < POD_MOUNTS; i++) close(l->clones[i]);
  copy(l->output, l->log);
  copy(l->error, l->log);
  int status;
  need(waitpid((pid_t)pid, &status, 0), "waitpid");
  if (status != 0) {
    fprintf(stderr, "floor: %s ended with wait status %x\n", path, (unsigned)status);
    exit(1);
  }
  close(pidfd);
}

static void remove_all(const struct launch *l) {
  static const char *const directories[] = {"upper/dev", "upper/proc", "upper/sys", "upper/etc",
                                            "upper",     "work/work",  "work"};
  static const char *const files[] = {"upper/etc/hostname", "upper/etc/hosts", "upper/etc/resolv.conf",
                                      "record", "exit"};
  char path[300];
  need(rmdir(l->leaf), l->leaf);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(path, sizeof path, "%s/%s", l->state, files[i]);
    if (unlink(path) < 0 && errno != ENOENT) die(path);
  }
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
    snprintf(path, sizeof path, "%s/%s", l->state, directories[i]);
    if (rmdir(path) < 0 && errno != ENOENT) die(path);
  }
  need(rmdir(l->state), l->state);
}

static void launch(const char *lower, const char *work, int pod, const char *cgroup, const char *path,
                   int number) {
  struct launch l;
  prepare(&l, lower, work, pod, cgroup, number);
  run(&l, path);
  close(l.cgroup);
  close(l.log);
  record(l.state, "exit");
  remove_all(&l);
}

int main(int count, char **words) {
  if (count != 10) {
    fprintf(stderr, "usage: floor LOWERDIR WORKDIR POD CGROUP NET_NS IPC_NS UTS_NS FILTER PROGRAM\n");
    return 2;
  }
  for (int i = 0; i < 3; i++) need(namespaces[i] = open(words[5 + i], O_RDONLY | O_CLOEXEC), words[5 + i]);
  int fd = open(words[8], O_RDONLY | O_CLOEXEC);
  need(fd, words[8]);
  ssize_t length = read(fd, filter, sizeof filter);
  need(length, words[8]);
  close(fd);
  program = (struct sock_fprog){(unsigned short)(length / (ssize_t)sizeof *filter), filter};
  char at[300];
  snprintf(at, sizeof at, "%s/root", words[2]);
  if (mkdir(at, 0700) < 0 && errno != EEXIST) die(at);
  /* A mount namespace of its own, as the launcher's server has: what is attached here is seen nowhere else.
   */
  need(unshare(CLONE_NEWNS), "unshare");
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "propagation");
  /* Of that namespace, because only its mounts can be cloned. */
  int pod = open(words[3], O_DIRECTORY | O_CLOEXEC);
  need(pod, words[3]);
  char line[16];
  for (int i = 0; fgets(line, sizeof line, stdin) != NULL; i++) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    launch(words[1], words[2], pod, words[4], words[9], i);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%lld\n", (long long)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
    fflush(stdout);
  }
  rmdir(at);
  return 0;
}
