package dev.stockade.launcher.linux;

/** System call numbers, from the kernel's syscall_64.tbl and asm-generic/unistd.h. */
enum Syscall {
  READ(0, 63),
  WRITE(1, 64),
  CLOSE(3, 57),
  LSEEK(8, 62),
  IOCTL(16, 29),
  PREAD64(17, 67),
  GETPID(39, 172),
  SOCKET(41, 198),
  CONNECT(42, 203),
  SENDMSG(46, 211),
  RECVMSG(47, 212),
  SHUTDOWN(48, 210),
  BIND(49, 200),
  LISTEN(50, 201),
  SOCKETPAIR(53, 199),
  SETSOCKOPT(54, 208),
  WAIT4(61, 260),
  FCNTL(72, 25),
  FLOCK(73, 32),
  FSYNC(74, 82),
  FTRUNCATE(77, 46),
  FCHMOD(91, 52),
  FCHOWN(93, 55),
  GETEUID(107, 175),
  FSTATFS(138, 44),
  MOUNT(165, 40),
  UMOUNT2(166, 39),
  SETXATTR(188, 5),
  LSETXATTR(189, 6),
  GETXATTR(191, 8),
  LGETXATTR(192, 9),
  LISTXATTR(194, 11),
  GETDENTS64(217, 61),
  EPOLL_CTL(233, 21),
  MKDIRAT(258, 34),
  MKNODAT(259, 33),
  FCHOWNAT(260, 54),
  UNLINKAT(263, 35),
  LINKAT(265, 37),
  SYMLINKAT(266, 36),
  READLINKAT(267, 78),
  PPOLL(271, 73),
  UNSHARE(272, 97),
  SYNC_FILE_RANGE(277, 84),
  UTIMENSAT(280, 88),
  EPOLL_PWAIT(281, 22),
  ACCEPT4(288, 242),
  EVENTFD2(290, 19),
  EPOLL_CREATE1(291, 20),
  PIPE2(293, 59),
  SYNCFS(306, 267),
  SETNS(308, 268),
  RENAMEAT2(316, 276),
  SECCOMP(317, 277),
  MEMFD_CREATE(319, 279),
  BPF(321, 280),
  STATX(332, 291),
  PIDFD_SEND_SIGNAL(424, 424),
  OPEN_TREE(428, 428),
  MOVE_MOUNT(429, 429),
  FSOPEN(430, 430),
  FSCONFIG(431, 431),
  FSMOUNT(432, 432),
  PIDFD_OPEN(434, 434),
  OPENAT2(437, 437),
  PIDFD_GETFD(438, 438),
  MOUNT_SETATTR(442, 442),
  LANDLOCK_CREATE_RULESET(444, 444),
  FCHMODAT2(452, 452);

  private final int x86;
  private final int arm64;

  Syscall(int x86, int arm64) {
    this.x86 = x86;
    this.arm64 = arm64;
  }

  int number(Architecture architecture) {
    return architecture == Architecture.X86_64 ? x86 : arm64;
  }

  /** The name as in the manual, e.g. {@code openat2}. */
  String call() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
