/* What leads out of a container, and what raises the privileges of a program. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#ifndef MS_BIND
#define MS_BIND 4096
#define MS_REMOUNT 32
#endif

static long mount_call(const char *source, const char *target, const char *type, unsigned long flags) {
  return syscall(SYS_mount, source, target, type, flags, NULL);
}

static long mount_tmpfs(void) { return mount_call("none", "/tmp", "tmpfs", 0); }

static long mount_proc(void) { return mount_call("proc", "/tmp", "proc", 0); }

static long mount_bind(void) { return mount_call("/proc", "/tmp", NULL, MS_BIND); }

static long remount_proc(void) { return mount_call(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND); }

static long unmount_proc(void) { return syscall(SYS_umount2, "/proc/sys", 2); }

static long open_fs(void) { return syscall(SYS_fsopen, "tmpfs", 0); }

static long copy_tree(void) { return syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE); }

static long pivot(void) { return syscall(SYS_pivot_root, "/", "/"); }

static long change_root(void) { return chroot("/"); }

static long join(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -1 : setns(fd, 0);
}

static long join_mounts(void) { return join("/proc/1/ns/mnt"); }

static long join_network(void) { return join("/proc/1/ns/net"); }

static long new_user(void) { return unshare(CLONE_NEWUSER); }

static long new_mounts(void) { return unshare(CLONE_NEWNS); }

static long new_pids(void) { return unshare(CLONE_NEWPID); }

static long new_network(void) { return unshare(CLONE_NEWNET); }

static long new_ipc(void) { return unshare(CLONE_NEWIPC); }

static long new_uts(void) { return unshare(CLONE_NEWUTS); }

static long new_cgroup(void) { return unshare(CLONE_NEWCGROUP); }

static long load_kernel(void) { return syscall(SYS_kexec_load, -1, -1, NULL, -1); }

static long swap_on(void) { return syscall(SYS_swapon, "/nothing", -1); }

static long name_host(void) {
  char name[65];
  return gethostname(name, sizeof name) != 0 ? -1 : sethostname(name, strlen(name));
}

int probe_escapes(void) {
  static const struct {
    const char *name;
    attempt_fn *attempt;
  } all[] = {{"mount.tmpfs", mount_tmpfs},
             {"mount.proc", mount_proc},
             {"mount.bind", mount_bind},
             {"mount.remount", remount_proc},
             {"mount.unmount", unmount_proc},
             {"mount.fsopen", open_fs},
             {"mount.tree", copy_tree},
             {"root.pivot", pivot},
             {"root.chroot", change_root},
             {"join.mounts", join_mounts},
             {"join.network", join_network},
             {"new.user", new_user},
             {"new.mounts", new_mounts},
             {"new.pids", new_pids},
             {"new.network", new_network},
             {"new.ipc", new_ipc},
             {"new.uts", new_uts},
             {"new.cgroup", new_cgroup},
             {"kexec", load_kernel},
             {"swapon", swap_on},
             {"hostname", name_host}};
  static const char *const parameters[] = {
      "kernel/core_pattern", "kernel/hostname",         "kernel/shmmax",        "kernel/sysrq",
      "net/ipv4/ip_forward", "net/core/somaxconn",      "vm/overcommit_memory", "fs/mqueue/msg_max",
      "kernel/modprobe",     "user/max_user_namespaces"};
  for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
    probe_key("escape.%s", all[i].name);
    probe_result(probe_in_child(all[i].attempt));
  }
  for (unsigned i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/%s", parameters[i]);
    probe_key("sysctl.%s", parameters[i]);
    probe_result(probe_open(path, O_WRONLY));
  }
  return 0;
}

/* Executes one that says what it is, with what it says as the value. */
static void execute(const char *program, const char *word) {
  probe_key("program.%s", program);
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    execl(program, program, word, NULL);
    printf("%s\n", strerrorname_np(errno));
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  probe_wait(pid, &status, 3000);
}

int probe_programs(void) {
  execute("/probe", "ids");
  execute("/as-other", "ids");
  execute("/with-capability", "effective");
  return 0;
}
