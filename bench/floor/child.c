/* What the child of a launch does: namespaces, mounts, privileges, exec. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "floor.h"

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

static void attach(int root, int mount, const char *target) {
  mkdirat(root, target, 0755);
  need(syscall(SYS_move_mount, mount, "", root, target, MOVE_MOUNT_F_EMPTY_PATH), target);
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

void child(const struct launch *l, const char *path) {
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
