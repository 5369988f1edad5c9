package dev.stockade.launcher.linux;

/** Error numbers of asm-generic/errno.h, the same on x86_64 and arm64, with what they mean. */
public enum Errno {
  EPERM(1, "operation not permitted"),
  ENOENT(2, "no such file or directory"),
  ESRCH(3, "no such process"),
  EINTR(4, "interrupted"),
  EIO(5, "input/output error"),
  ENXIO(6, "no such device or address"),
  E2BIG(7, "argument list too long"),
  ENOEXEC(8, "exec format error"),
  EBADF(9, "bad descriptor"),
  ECHILD(10, "no child process"),
  EAGAIN(11, "try again"),
  ENOMEM(12, "out of memory"),
  EACCES(13, "permission denied"),
  EFAULT(14, "bad address"),
  ENOTBLK(15, "block device required"),
  EBUSY(16, "busy"),
  EEXIST(17, "exists already"),
  EXDEV(18, "crosses a file system or leaves the directory"),
  ENODEV(19, "no such device"),
  ENOTDIR(20, "not a directory"),
  EISDIR(21, "is a directory"),
  EINVAL(22, "invalid argument"),
  ENFILE(23, "too many open files in the system"),
  EMFILE(24, "too many open files"),
  ENOTTY(25, "not a terminal"),
  ETXTBSY(26, "file is being executed or written"),
  EFBIG(27, "file too large"),
  ENOSPC(28, "no space left"),
  ESPIPE(29, "illegal seek"),
  EROFS(30, "read-only file system"),
  EMLINK(31, "too many links"),
  EPIPE(32, "broken pipe"),
  EDOM(33, "out of domain"),
  ERANGE(34, "out of range"),
  EDEADLK(35, "deadlock"),
  ENAMETOOLONG(36, "name too long"),
  ENOLCK(37, "no locks available"),
  ENOSYS(38, "not known to this kernel"),
  ENOTEMPTY(39, "directory not empty"),
  ELOOP(40, "a symbolic link where none is allowed, or too many"),
  ENODATA(61, "no data"),
  ETIME(62, "timer expired"),
  EPROTO(71, "protocol error"),
  EOVERFLOW(75, "value too large"),
  ELIBBAD(80, "corrupted shared library"),
  EUSERS(87, "too many users"),
  ENOTSOCK(88, "not a socket"),
  EMSGSIZE(90, "message too long"),
  EPROTONOSUPPORT(93, "protocol not supported"),
  EOPNOTSUPP(95, "not supported"),
  EADDRINUSE(98, "address in use"),
  ENETDOWN(100, "network is down"),
  ECONNABORTED(103, "connection aborted"),
  ECONNRESET(104, "connection reset"),
  ENOBUFS(105, "no buffer space"),
  EISCONN(106, "connected already"),
  ENOTCONN(107, "not connected"),
  ETIMEDOUT(110, "timed out"),
  ECONNREFUSED(111, "connection refused"),
  ESTALE(116, "stale handle"),
  EDQUOT(122, "quota exceeded"),
  ENOKEY(126, "key not available"),
  EKEYEXPIRED(127, "key expired"),
  UNKNOWN(0, "unknown error");

  private static final Errno[] BY_NUMBER = new Errno[134];

  static {
    for (Errno errno : values()) {
      BY_NUMBER[errno.number] = errno;
    }
  }

  private final int number;
  private final String meaning;

  Errno(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  public static Errno of(int number) {
    Errno found = number > 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    return found == null ? UNKNOWN : found;
  }

  public int number() {
    return number;
  }

  public String meaning() {
    return meaning;
  }
}
