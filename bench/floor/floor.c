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
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const masked[] = {"proc/asound",     "proc/acpi",        "proc/interrupts",
                                     "proc/kcore",      "proc/keys",        "proc/latency_stats",
                                     "proc/timer_list", "proc/timer_stats", "proc/sched_debug",
                                     "proc/scsi",       "sys/firmware",     "sys/devices/virtual/powercap"};
static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
/* containerd's fourteen default capabilities. */
static const int kept[] = {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
                           CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
                           CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
                           CAP_KILL,    CAP_AUDIT_WRITE};
static struct sock_filter filter[4096];
static struct sock_fprog program;
static int namespaces[3];
/* shm and the three files, as the daemon binds them from the pod's directory. */
static const struct {
  const char *from, *to;
  int is_file;
} pod_mounts[] = {{"shm", "dev/shm", 0},
                  {"files/hostname", "etc/hostname", 1},
                  {"files/hosts", "etc/hosts", 1},
                  {"files/resolv.conf", "etc/resolv.conf", 1}};
#define POD_MOUNTS (sizeof pod_mounts / sizeof *pod_mounts)

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

/* The device rules of the daemon's default, the last that covers an access first: mknod of anything, use of
 * these. */
static const struct {
  unsigned major, minor;
  int any_minor;
} devices[] = {{136, 0, 1}, {5, 2, 0}, {5, 1, 0}, {5, 0, 0}, {1, 9, 0}, {1, 8, 0}, {1, 7, 0}, {1, 5, 0}, {1, 3, 0}};

static size_t device_rules(struct bpf_insn *code) {
  struct bpf_insn *at = code;
#define PUT(op, dst, src, offset, value) \
  *at++ = (struct bpf_insn){.code = (op), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (value)}
  PUT(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0); /* access << 16 | type */
  PUT(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
  PUT(BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
  PUT(BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
  PUT(BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
  PUT(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    int16_t rest = devices[i].any_minor ? 3 : 4;
    PUT(BPF_JMP32 | BPF_JNE | BPF_K, 2, 0, rest--, BPF_DEVCG_DEV_CHAR);
    PUT(BPF_JMP32 | BPF_JNE | BPF_K, 4, 0, rest--, (int)devices[i].major);
    if (!devices[i].any_minor) PUT(BPF_JMP32 | BPF_JNE | BPF_K, 5, 0, rest--, (int)devices[i].minor);
    PUT(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
    PUT(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  PUT(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
  PUT(BPF_JMP32 | BPF_JEQ | BPF_K, 3, 0, 1, BPF_DEVCG_ACC_MKNOD);
  PUT(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
  PUT(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
#undef PUT
  return (size_t)(at - code);
}

static void limit_devices(int cgroup) {
  struct bpf_insn code[80];
  union bpf_attr load = {0};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insn_cnt = (uint32_t)device_rules(code);
  load.insns = (uint64_t)(uintptr_t)code;
  load.license = (uint64_t)(uintptr_t) "Apache-2.0";
  int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  need(fd, "BPF_PROG_LOAD");
  union bpf_attr attach = {0};
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)fd;
  attach.attach_type = BPF_CGROUP_DEVICE;
  need(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach), "BPF_PROG_ATTACH");
  close(fd);
}

#define ATTRIBUTES_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

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

static void attach_pod_mounts(int root, const int *clones) {
  for (size_t i = 0; i < POD_MOUNTS; i++) {
    if (pod_mounts[i].is_file) {
      int made = openat(root, pod_mounts[i].to, O_CREAT | O_CLOEXEC, 0644);
      need(made, pod_mounts[i].to);
      close(made);
    } else {
      mkdirat(root, pod_mounts[i].to, 0755);
    }
    need(syscall(SYS_move_mount, clones[i], "", root, pod_mounts[i].to, MOVE_MOUNT_F_EMPTY_PATH),
         pod_mounts[i].to);
  }
}

static void mounts(int root, const int *clones) {
  static const char *const none[] = {NULL};
  static const char *const dev[] = {"mode", "755", "size", "65536k", NULL};
  static const char *const pts[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
  attach(root, make_mount("proc", none, ATTRIBUTES_SAFE), "proc");
  attach(root, make_mount("tmpfs", dev, MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME), "dev");
  attach(root, make_mount("devpts", pts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), "dev/pts");
  attach(root, make_mount("mqueue", none, ATTRIBUTES_SAFE), "dev/mqueue");
  attach_pod_mounts(root, clones);
  attach(root, make_mount("sysfs", none, ATTRIBUTES_SAFE | MOUNT_ATTR_RDONLY), "sys");
  attach(root, make_mount("cgroup2", none, ATTRIBUTES_SAFE | MOUNT_ATTR_RDONLY), "sys/fs/cgroup");
  static const struct {
    const char *path;
    int minor_number;
  } nodes[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9}};
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
    need(mknodat(root, nodes[i].path, S_IFCHR | 0666, makedev(1, (unsigned)nodes[i].minor_number)),
         nodes[i].path);
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
    need(syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
         masked[i]);
    close(tree);
    close(target);
  }
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
    int target = openat(root, read_only[i], O_PATH | O_CLOEXEC);
    if (target < 0) continue;
    int tree = (int)syscall(SYS_open_tree, target, "",
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    need(tree, "open_tree");
    need(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes),
         "mount_setattr");
    need(syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
         read_only[i]);
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
  struct __user_cap_data_struct sets[2] = {{(uint32_t)mask, (uint32_t)mask, 0},
                                           {(uint32_t)(mask >> 32), (uint32_t)(mask >> 32), 0}};
  need(syscall(SYS_capset, &header, sets), "capset");
  need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT");
  need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
  need(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static void oom_score(int root) {
  int file = openat(root, "proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  need(file, "oom_score_adj");
  need(write(file, "0", 1), "oom_score_adj");
  close(file);
}

/* What one launch holds. */
struct launch {
  char state[256], at[300], leaf[300];
  int root, cgroup, log, output, error; /* output, error: read ends here, write ends in the child */
  int child_output, child_error;
  int clones[POD_MOUNTS];
};

static void child(const struct launch *l, const char *path) {
  static const int kinds[] = {CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS};
  need(setsid(), "setsid");
  for (int i = 0; i < 3; i++) need(setns(namespaces[i], kinds[i]), "setns");
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "propagation");
  need(syscall(SYS_move_mount, l->root, "", AT_FDCWD, l->at, MOVE_MOUNT_F_EMPTY_PATH), l->at);
  need(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0), "session keyring");
  mounts(l->root, l->clones);
  oom_score(l->root);
  hide(l->root);
  need(fchdir(l->root), "fchdir");
  need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  need(umount2(".", MNT_DETACH), "umount2");
  need(chdir("/"), "chdir");
  int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(l->child_output, 1);
  dup2(l->child_error, 2);
  umask(022);
  syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  privileges();
  char *arguments[] = {(char *)path, NULL};
  char *environment[] = {"PATH=/bin", NULL};
  execve(path, arguments, environment);
  _exit(127);
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
