/*
 * An operation for each capability which the kernel allows to whoever has it and refuses to all others, and
 * which changes nothing: what would is asked for with arguments that the kernel looks at after the right.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/xattr.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

enum { OTHER = 4242 };

/* Of the image: root's, and of a user and group that nothing runs as. */
static const char OF_ROOT[] = "/probe";
static const char OF_OTHER[] = "/of-other";

/* Any error but these says that the right was there and something else was not. */
static long allowed(long result, int refusal) {
  return result < 0 && errno == refusal ? -1 : result < 0 && errno == ENOSYS ? -1 : 0;
}

static int own_file(mode_t mode) {
  int fd = memfd_create("probe", MFD_CLOEXEC);
  return fd >= 0 && fchmod(fd, mode) == 0 ? fd : -1;
}

static const char *foreign_file(void) { return geteuid() == OTHER ? OF_ROOT : OF_OTHER; }

static long chown_own(void) { return fchown(own_file(0600), OTHER, (gid_t)-1); }

static long override_mode(void) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", own_file(0));
  return open(path, O_WRONLY | O_CLOEXEC);
}

static long open_handle(void) {
  struct {
    struct file_handle head;
    char rest[8];
  } handle = {{8, 1}, {0}};
  int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return allowed(syscall(SYS_open_by_handle_at, root, &handle, O_RDONLY), EPERM);
}

static long keep_access_time(void) { return open(foreign_file(), O_RDONLY | O_NOATIME | O_CLOEXEC); }

static long keep_set_id(void) {
  struct stat file;
  int fd = own_file(04700);
  if (write(fd, "x", 1) != 1 || fstat(fd, &file) != 0) {
    return -1;
  }
  errno = EPERM;
  return (file.st_mode & S_ISUID) != 0 ? 0 : -1;
}

/* /as-other of the image becomes that user by its set-user-id bit, and then in all its ids. */
static long signal_other(void) {
  int ready[2];
  char byte;
  if (pipe(ready) != 0) {
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ready[1], STDOUT_FILENO);
    close(ready[0]);
    execl("/as-other", "as-other", "wait", NULL);
    _exit(1);
  }
  close(ready[1]);
  if (read(ready[0], &byte, 1) != 1) {
    errno = ENOENT;
    return -1;
  }
  long result = kill(pid, SIGKILL);
  int error = errno;
  close(ready[0]);
  errno = error;
  return result;
}

static long set_gid(void) { return setresgid((gid_t)-1, OTHER, (gid_t)-1); }

static long set_uid(void) { return setresuid((uid_t)-1, OTHER, (uid_t)-1); }

static long drop_bounding(void) { return prctl(PR_CAPBSET_DROP, 0, 0, 0, 0); }

static long make_immutable(void) {
  int flags = FS_IMMUTABLE_FL;
  return ioctl(own_file(0600), FS_IOC_SETFLAGS, &flags);
}

static long bind_low(void) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(1)};
  long result = bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&any, sizeof any);
  return allowed(result, EACCES);
}

static long repair_socket(void) {
  int on = 1;
  return setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on);
}

static long raw_socket(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }

static long lock_memory(void) {
  struct rlimit none = {0, 0};
  static char page[4096];
  return setrlimit(RLIMIT_MEMLOCK, &none) != 0 ? -1 : mlock(page, sizeof page);
}

static long use_closed_queue(void) {
  struct {
    long type;
    char text[1];
  } message = {1, {0}};
  int queue = msgget(IPC_PRIVATE, 0);
  long result = msgsnd(queue, &message, 1, IPC_NOWAIT);
  int error = errno;
  msgctl(queue, IPC_RMID, NULL);
  errno = error;
  return result;
}

static long delete_module(void) { return allowed(syscall(SYS_delete_module, "", O_NONBLOCK), EPERM); }

static long map_block(void) { return allowed(ioctl(own_file(0600), FIBMAP, NULL), EPERM); }

static long change_root(void) { return chroot("/"); }

/* Of a process with the same ids that cannot be dumped. */
static long read_memory(void) {
  static char there = 'x';
  char here;
  int ready[2];
  if (pipe(ready) != 0) {
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    _exit(write(ready[1], "x", 1) == 1 ? pause() : 1);
  }
  struct iovec to = {&here, 1};
  struct iovec from = {&there, 1};
  long result = read(ready[0], &here, 1) == 1 ? process_vm_readv(pid, &to, 1, &from, 1, 0) : -1;
  int error = errno;
  kill(pid, SIGKILL);
  errno = error;
  return result;
}

static long account(void) { return allowed(syscall(SYS_acct, "/nothing/here"), EPERM); }

static long new_mounts(void) { return unshare(CLONE_NEWNS); }

static long reboot_wrongly(void) { return allowed(syscall(SYS_reboot, 0, 0, 0, 0), EPERM); }

static long run_sooner(void) { return setpriority(PRIO_PROCESS, 0, -1); }

static long raise_limit(void) {
  struct rlimit low = {10, 10};
  struct rlimit high = {11, 11};
  return setrlimit(RLIMIT_CORE, &low) != 0 ? -1 : setrlimit(RLIMIT_CORE, &high);
}

static long set_no_time(void) { return syscall(SYS_settimeofday, NULL, NULL); }

static long hang_up(void) {
  setsid();
  return vhangup();
}

static long make_device(void) {
  if (mknod("/dev/shm/probe-node", S_IFCHR | 0600, makedev(1, 3)) != 0) {
    return -1;
  }
  return unlink("/dev/shm/probe-node");
}

static long lease_foreign(void) {
  return fcntl(open(foreign_file(), O_RDONLY | O_CLOEXEC), F_SETLEASE, F_RDLCK);
}

static long tell_audit(void) {
  struct {
    struct nlmsghdr head;
    char text[16];
  } message = {{sizeof message, AUDIT_USER, NLM_F_REQUEST | NLM_F_ACK, 1, 0}, "probe"};
  struct {
    struct nlmsghdr head;
    struct nlmsgerr error;
    char rest[64];
  } answer = {.error = {.error = -EPROTO}};
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
  if (fd < 0 || send(fd, &message, sizeof message, 0) < 0 ||
      recv(fd, &answer, sizeof answer, MSG_DONTWAIT) < 0) {
    return -1;
  }
  errno = -answer.error.error;
  return answer.error.error == 0 ? 0 : -1;
}

static long write_login(const char *text) {
  int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
  return fd < 0 ? -1 : write(fd, text, strlen(text));
}

/* The first time needs no right. */
static long change_login(void) {
  long result = write_login("4242");
  return result < 0 && errno != EPERM ? result : write_login("4243");
}

static long set_file_capability(void) {
  struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2};
  return fsetxattr(own_file(0600), "security.capability", &data, sizeof data, 0);
}

/* Console levels are 1 to 8. */
static long set_console(void) { return allowed(syscall(SYS_syslog, 8, NULL, 99), EPERM); }

static long set_alarm(void) { return timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC); }

/* Without the right the flag is dropped in silence. */
static long keep_awake(void) {
  char path[48];
  char line[128];
  unsigned events = 0;
  int poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLWAKEUP};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, timerfd_create(CLOCK_MONOTONIC, 0), &event) != 0) {
    return -1;
  }
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", poll);
  FILE *file = fopen(path, "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    sscanf(line, "tfd: %*d events: %x", &events);
  }
  errno = EPERM;
  return (events & EPOLLWAKEUP) != 0 ? 0 : -1;
}

static long hear_audit(void) {
  struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 1};
  return bind(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), (struct sockaddr *)&group, sizeof group);
}

static long count_events(void) {
  struct perf_event_attr clock = {
      .type = PERF_TYPE_SOFTWARE, .size = sizeof clock, .config = PERF_COUNT_SW_CPU_CLOCK, .disabled = 1};
  return syscall(SYS_perf_event_open, &clock, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static long make_map(void) {
  union bpf_attr map;
  memset(&map, 0, sizeof map);
  map.map_type = BPF_MAP_TYPE_QUEUE;
  map.value_size = 8;
  map.max_entries = 1;
  return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}

/* A pid that is taken. */
static long choose_pid(void) {
  int pid = getpid();
  struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1};
  long child = syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) {
    _exit(0);
  }
  return allowed(child, EPERM);
}

/* By number, as capabilities(7) lists them; none where no call tells whether it is there. */
static const struct {
  const char *name;
  attempt_fn *attempt;
} CAPABILITIES[] = {
    {"CHOWN", chown_own},
    {"DAC_OVERRIDE", override_mode},
    {"DAC_READ_SEARCH", open_handle},
    {"FOWNER", keep_access_time},
    {"FSETID", keep_set_id},
    {"KILL", signal_other},
    {"SETGID", set_gid},
    {"SETUID", set_uid},
    {"SETPCAP", drop_bounding},
    {"LINUX_IMMUTABLE", make_immutable},
    {"NET_BIND_SERVICE", bind_low},
    {"NET_BROADCAST", NULL},
    {"NET_ADMIN", repair_socket},
    {"NET_RAW", raw_socket},
    {"IPC_LOCK", lock_memory},
    {"IPC_OWNER", use_closed_queue},
    {"SYS_MODULE", delete_module},
    {"SYS_RAWIO", map_block},
    {"SYS_CHROOT", change_root},
    {"SYS_PTRACE", read_memory},
    {"SYS_PACCT", account},
    {"SYS_ADMIN", new_mounts},
    {"SYS_BOOT", reboot_wrongly},
    {"SYS_NICE", run_sooner},
    {"SYS_RESOURCE", raise_limit},
    {"SYS_TIME", set_no_time},
    {"SYS_TTY_CONFIG", hang_up},
    {"MKNOD", make_device},
    {"LEASE", lease_foreign},
    {"AUDIT_WRITE", tell_audit},
    {"AUDIT_CONTROL", change_login},
    {"SETFCAP", set_file_capability},
    {"MAC_OVERRIDE", NULL},
    {"MAC_ADMIN", NULL},
    {"SYSLOG", set_console},
    {"WAKE_ALARM", set_alarm},
    {"BLOCK_SUSPEND", keep_awake},
    {"AUDIT_READ", hear_audit},
    {"PERFMON", count_events},
    {"BPF", make_map},
    {"CHECKPOINT_RESTORE", choose_pid},
};

int probe_capabilities(void) {
  for (unsigned i = 0; i < sizeof CAPABILITIES / sizeof CAPABILITIES[0]; i++) {
    probe_key("capability.%s", CAPABILITIES[i].name);
    if (CAPABILITIES[i].attempt == NULL) {
      probe_text("untold");
    } else {
      probe_result(probe_in_child(CAPABILITIES[i].attempt));
    }
  }
  return 0;
}
