/*
 * The floor of the launch benchmark: one process that makes just the kernel calls a verified launch cannot do without,
 * and nothing else. No daemon, no plan, no verification, no log. Prints microseconds per launch, one a line.
 *
 *   floor COUNT LOWERDIR WORKDIR CGROUP NET_NS IPC_NS UTS_NS FILTER PROGRAM
 *
 * LOWERDIR: the root file system. WORKDIR: an empty directory on the same kind of file system as the daemon's state.
 * CGROUP: a cgroup2 directory under which a leaf per launch is made. *_NS: namespace files to join. FILTER: a file of
 * struct sock_filter, the default profile as the daemon compiled it. PROGRAM: absolute path within the root.
 *
 * Each launch: record fsynced (create) - cgroup leaf - overlay - clone3 into new mount, pid and cgroup namespaces - join net,
 * ipc, uts - /proc, /dev with its nodes, devpts, shm, mqueue, sysfs, cgroup2 - pivot_root - masked and read-only paths -
 * rlimits, oom_score_adj as it is - bounding set, groups, gid, uid, capset, no_new_privs, filter - exec - wait -
 * record fsynced (exit) - everything removed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const masked[] = {"proc/asound",     "proc/acpi",        "proc/interrupts",   "proc/kcore",
                                     "proc/keys",       "proc/latency_stats", "proc/timer_list", "proc/timer_stats",
                                     "proc/sched_debug", "proc/scsi",       "sys/firmware",      "sys/devices/virtual/powercap"};
static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
/* containerd's fourteen default capabilities. */
static const int kept[] = {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,     CAP_MKNOD,
                           CAP_NET_RAW, CAP_SETGID,       CAP_SETUID,           CAP_SETFCAP,    CAP_SETPCAP,
                           CAP_NET_BIND_SERVICE,          CAP_SYS_CHROOT,       CAP_KILL,       CAP_AUDIT_WRITE};
static struct sock_filter filter[4096];
static struct sock_fprog program;
static int namespaces[3];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void need(long result, const char *what) {
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

static int make_mount(const char *type, const char *const *options, unsigned attributes) {
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

static void attach(int root, int mount, const char *target) {
  mkdirat(root, target, 0755);
  need(syscall(SYS_move_mount, mount, "", root, target, MOVE_MOUNT_F_EMPTY_PATH), target);
}

#define ATTRIBUTES_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static void mounts(int root) {
  static const char *const none[] = {NULL};
  static const char *const dev[] = {"mode", "755", "size", "65536k", NULL};
  static const char *const pts[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
  static const char *const shm[] = {"mode", "1777", "size", "65536k", NULL};
  attach(root, make_mount("proc", none, ATTRIBUTES_SAFE), "proc");
  attach(root, make_mount("tmpfs", dev, MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME), "dev");
  attach(root, make_mount("devpts", pts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), "dev/pts");
  attach(root, make_mount("tmpfs", shm, ATTRIBUTES_SAFE), "dev/shm");
  attach(root, make_mount("mqueue", none, ATTRIBUTES_SAFE), "dev/mqueue");
  attach(root, make_mount("sysfs", none, ATTRIBUTES_SAFE | MOUNT_ATTR_RDONLY), "sys");
  attach(root, make_mount("cgroup2", none, ATTRIBUTES_SAFE | MOUNT_ATTR_RDONLY), "sys/fs/cgroup");
  static const struct {
    const char *path;
    int minor_number;
  } nodes[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9}};
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
    need(mknodat(root, nodes[i].path, S_IFCHR | 0666, makedev(1, (unsigned)nodes[i].minor_number)), nodes[i].path);
  }
  need(mknodat(root, "dev/tty", S_IFCHR | 0666, makedev(5, 0)), "dev/tty");
  need(symlinkat("/proc/self/fd", root, "dev/fd"), "dev/fd");
  need(symlinkat("/proc/self/fd/0", root, "dev/stdin"), "dev/stdin");
  need(symlinkat("/proc/self/fd/1", root, "dev/stdout"), "dev/stdout");
  need(symlinkat("/proc/self/fd/2", root, "dev/stderr"), "dev/stderr");
  need(symlinkat("pts/ptmx", root, "dev/ptmx"), "dev/ptmx");
}

static void hide(int root) {
  static const char *const size[] = {"size", "0k", NULL};
  int null = open("/dev/null", O_PATH | O_CLOEXEC);
  int empty = make_mount("tmpfs", size, ATTRIBUTES_SAFE | MOUNT_ATTR_RDONLY);
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
    int target = openat(root, masked[i], O_PATH | O_CLOEXEC);
    if (target < 0) continue;
    struct stat kind;
    need(fstat(target, &kind), masked[i]);
    int tree = (int)syscall(SYS_open_tree, S_ISDIR(kind.st_mode) ? empty : null, "",
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    need(tree, "open_tree");
    need(syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), masked[i]);
    close(tree);
    close(target);
  }
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
    int target = openat(root, read_only[i], O_PATH | O_CLOEXEC);
    if (target < 0) continue;
    int tree = (int)syscall(SYS_open_tree, target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    need(tree, "open_tree");
    need(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes), "mount_setattr");
    need(syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), read_only[i]);
    close(tree);
    close(target);
  }
}

static void privileges(void) {
  uint64_t mask = 0;
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) mask |= UINT64_C(1) << kept[i];
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++) {
    if (!(mask >> capability & 1)) need(prctl(PR_CAPBSET_DROP, capability), "PR_CAPBSET_DROP");
  }
  gid_t group = 0;
  need(setgroups(1, &group), "setgroups");
  need(setresgid(0, 0, 0), "setresgid");
  need(setresuid(0, 0, 0), "setresuid");
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{(uint32_t)mask, (uint32_t)mask, 0}, {(uint32_t)(mask >> 32), (uint32_t)(mask >> 32), 0}};
  need(syscall(SYS_capset, &header, sets), "capset");
  need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT");
  need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
  need(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static void child(int root, const char *at, const char *path) {
  static const int kinds[] = {CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS};
  need(setsid(), "setsid");
  for (int i = 0; i < 3; i++) need(setns(namespaces[i], kinds[i]), "setns");
  need(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "propagation");
  need(syscall(SYS_move_mount, root, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH), at);
  mounts(root);
  hide(root);
  need(fchdir(root), "fchdir");
  need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  need(umount2(".", MNT_DETACH), "umount2");
  need(chdir("/"), "chdir");
  struct rlimit files = {1024, 1024};
  need(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(null, 1);
  umask(022);
  syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  privileges();
  char *arguments[] = {(char *)path, NULL};
  char *environment[] = {"PATH=/bin", NULL};
  execve(path, arguments, environment);
  _exit(127);
}

static void launch(const char *lower, const char *work, const char *cgroup, const char *path, int number) {
  char state[256], upper[300], workdir[300], at[300], leaf[300];
  snprintf(state, sizeof state, "%s/%d", work, number);
  snprintf(upper, sizeof upper, "%s/upper", state);
  snprintf(workdir, sizeof workdir, "%s/work", state);
  snprintf(at, sizeof at, "%s/root", work);
  snprintf(leaf, sizeof leaf, "%s/floor-%d", cgroup, number);
  need(mkdir(state, 0700), state);
  need(mkdir(upper, 0755), upper);
  need(mkdir(workdir, 0755), workdir);
  record(state, "record");
  need(mkdir(leaf, 0755), leaf);
  int group = open(leaf, O_DIRECTORY | O_CLOEXEC);
  const char *const options[] = {"lowerdir+", lower, "upperdir", upper, "workdir", workdir, NULL};
  int root = make_mount("overlay", options, 0);
  int pidfd = -1;
  struct clone_args arguments = {.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_INTO_CGROUP | CLONE_PIDFD,
                                 .pidfd = (uint64_t)(uintptr_t)&pidfd,
                                 .exit_signal = SIGCHLD,
                                 .cgroup = (uint64_t)group};
  long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  need(pid, "clone3");
  if (pid == 0) child(root, at, path);
  int status;
  need(waitpid((pid_t)pid, &status, 0), "waitpid");
  if (status != 0) {
    fprintf(stderr, "floor: %s ended with wait status %x\n", path, (unsigned)status);
    exit(1);
  }
  close(pidfd);
  close(root);
  close(group);
  record(state, "exit");
  need(rmdir(leaf), leaf);
  char command[300];
  static const char *const inside[] = {"upper/proc", "upper/dev", "upper/sys", "upper", "work/work", "work", NULL};
  for (const char *const *name = inside; *name != NULL; name++) {
    snprintf(command, sizeof command, "%s/%s", state, *name);
    if (rmdir(command) < 0 && errno != ENOENT) die(command);
  }
  snprintf(command, sizeof command, "%s/record", state);
  unlink(command);
  snprintf(command, sizeof command, "%s/exit", state);
  unlink(command);
  need(rmdir(state), state);
}

int main(int count, char **words) {
  if (count != 10) {
    fprintf(stderr, "usage: floor COUNT LOWERDIR WORKDIR CGROUP NET_NS IPC_NS UTS_NS FILTER PROGRAM\n");
    return 2;
  }
  for (int i = 0; i < 3; i++) need(namespaces[i] = open(words[5 + i], O_RDONLY | O_CLOEXEC), words[5 + i]);
  int fd = open(words[8], O_RDONLY | O_CLOEXEC);
  need(fd, words[8]);
  ssize_t length = read(fd, filter, sizeof filter);
  need(length, words[8]);
  program = (struct sock_fprog){(unsigned short)(length / (ssize_t)sizeof *filter), filter};
  char at[300];
  snprintf(at, sizeof at, "%s/root", words[3]);
  if (mkdir(at, 0700) < 0 && errno != EEXIST) die(at);
  /* A mount namespace of its own, as the launcher's server has: what is attached here is seen nowhere else. */
  need(unshare(CLONE_NEWNS), "unshare");
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "propagation");
  int launches = atoi(words[1]);
  for (int i = 0; i < launches; i++) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    launch(words[2], words[3], words[4], words[9], i);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%lld\n", (long long)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
  }
  rmdir(at);
  return 0;
}
