package dev.stockade.launcher.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An owned descriptor, close-on-exec. {@link #close} is idempotent and takes effect when the last
 * call in progress has returned, because a number closed under a running call may already name
 * another file.
 */
public final class Fd implements AutoCloseable {
  private static final int CLOSED = 0x8000_0000;
  private static final String SELINUX = "security.selinux";

  /** XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h. */
  private static final int ATTRIBUTE_MAX = 65536;

  private static final AtomicInteger OPEN = new AtomicInteger();

  private final int number;
  private final AtomicInteger state = new AtomicInteger();

  private Fd(int number) {
    this.number = number;
    OPEN.incrementAndGet();
  }

  /** Takes ownership of a descriptor number fresh from the kernel. */
  static Fd own(long number) {
    return new Fd(Math.toIntExact(number));
  }

  /** How many descriptors are owned now, for tests that look for leaks. */
  public static int openCount() {
    return OPEN.get();
  }

  /** A lease on the number: the descriptor stays open until it is closed. */
  final class Use implements AutoCloseable {
    private Use() {}

    int number() {
      return number;
    }

    /** Where the file is, as the kernel knows it; for messages. */
    private String path() {
      try {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
      } catch (IOException e) {
        return Fd.this.toString();
      }
    }

    /** The result of a call on it, or a failure that names the file. */
    long check(long result, Syscall call) throws SyscallException {
      return result < 0 ? Kernel.check(result, call, path()) : result;
    }

    @Override
    public void close() {
      if (state.decrementAndGet() == CLOSED) {
        closeNow();
      }
    }
  }

  Use use() {
    for (; ; ) {
      int now = state.get();
      if (now < 0) {
        throw new IllegalStateException("descriptor " + number + " is closed");
      }
      if (state.compareAndSet(now, now + 1)) {
        return new Use();
      }
    }
  }

  /**
   * Moves ownership to the returned object; this one counts as closed.
   *
   * @throws IllegalStateException if closed or in use
   */
  public Fd transfer() {
    if (!state.compareAndSet(0, CLOSED)) {
      throw new IllegalStateException("descriptor " + number + " is closed or in use");
    }
    OPEN.decrementAndGet();
    return new Fd(number);
  }

  /** A second descriptor for the same open file, fcntl(2) F_DUPFD_CLOEXEC. */
  public Fd duplicate() throws SyscallException {
    try (Use use = use()) {
      return own(
          Kernel.check(
              Kernel.call(Syscall.FCNTL, use.number(), Flags.F_DUPFD_CLOEXEC, 3),
              Syscall.FCNTL,
              "F_DUPFD_CLOEXEC"));
    }
  }

  public boolean isOpen() {
    return state.get() >= 0;
  }

  /** Reads from the current position; does not own the descriptor. */
  public InputStream input() {
    return new FdInput(this);
  }

  /**
   * One pread(2): reads without regard to the current position, at most 64 KiB.
   *
   * @return bytes read, -1 at the end
   */
  public int readAt(long position, byte[] target, int offset, int length) throws SyscallException {
    return new FdInput(this).readAt(position, target, offset, length);
  }

  /** Writes at the current position, always everything; does not own the descriptor. */
  public OutputStream output() {
    return new FdOutput(this);
  }

  public FileStatus status() throws SyscallException {
    return FileStatus.of(this);
  }

  /**
   * getxattr(2) of the inode, also of one held with O_PATH; empty when the attribute is not set.
   */
  public Optional<byte[]> attribute(String attribute) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Use use = use()) {
      Scratch.Piece value = scratch.uninitialised(ATTRIBUTE_MAX);
      long path = scratch.string("/proc/self/fd/" + use.number());
      long length =
          Kernel.call(
              Syscall.GETXATTR, path, scratch.string(attribute), value.address(), ATTRIBUTE_MAX);
      if (Kernel.is(length, Errno.ENODATA) || Kernel.is(length, Errno.EOPNOTSUPP)) {
        return Optional.empty();
      }
      Kernel.check(length, Syscall.GETXATTR, attribute);
      return Optional.of(value.bytes(0, (int) length));
    }
  }

  /**
   * The attributes of the inode whose names begin so, listxattr(2), also of one held with O_PATH.
   *
   * @param most bytes of these names and their values; more is E2BIG, as are more names than the
   *     kernel lists
   */
  public Map<String, byte[]> attributes(String prefix, int most) throws SyscallException {
    Map<String, byte[]> found = new TreeMap<>();
    int bytes = 0;
    for (String name : attributeNames()) {
      if (name.startsWith(prefix)) {
        byte[] value = attribute(name).orElse(new byte[0]);
        bytes += name.length() + value.length;
        if (bytes > most) {
          throw tooLarge(most);
        }
        found.put(name, value);
      }
    }
    return found;
  }

  private SyscallException tooLarge(int most) {
    try (Use use = use()) {
      return new SyscallException(
          Syscall.GETXATTR.call(), Errno.E2BIG, use.path(), "more than " + most + " bytes");
    }
  }

  private List<String> attributeNames() throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Use use = use()) {
      Scratch.Piece names = scratch.uninitialised(ATTRIBUTE_MAX);
      long path = scratch.string("/proc/self/fd/" + use.number());
      long length = Kernel.call(Syscall.LISTXATTR, path, names.address(), ATTRIBUTE_MAX);
      if (Kernel.is(length, Errno.EOPNOTSUPP)) {
        return List.of();
      }
      use.check(length, Syscall.LISTXATTR);
      String text = new String(names.bytes(0, (int) length), StandardCharsets.UTF_8);
      return text.isEmpty() ? List.of() : List.of(text.split("\0", -1));
    }
  }

  /**
   * Gives the inode an SELinux context, unless it has it.
   *
   * @return whether it had another or none
   */
  boolean relabel(String context) throws SyscallException {
    boolean other = !label().equals(Optional.of(context));
    if (other) {
      label(context);
    }
    return other;
  }

  /** Gives the inode an SELinux context. */
  public void label(String context) throws SyscallException {
    setAttribute(SELINUX, (context + "\0").getBytes(StandardCharsets.UTF_8));
  }

  /** The SELinux context of the inode; empty if it has none. */
  public Optional<String> label() throws SyscallException {
    return attribute(SELINUX)
        .map(value -> new String(value, StandardCharsets.UTF_8).replaceAll("\\x00+$", ""));
  }

  /** setxattr(2) of the inode, also of one held with O_PATH. */
  public void setAttribute(String attribute, byte[] value) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Use use = use()) {
      Kernel.check(
          Kernel.call(
              Syscall.SETXATTR,
              scratch.string("/proc/self/fd/" + use.number()),
              scratch.string(attribute),
              scratch.bytes(value).address(),
              value.length,
              0),
          Syscall.SETXATTR,
          attribute);
    }
  }

  /** The ST_* flags of the mount it is on, statfs(2). */
  public long mountFlags() throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Use use = use()) {
      Scratch.Piece status = scratch.zeroed(120);
      use.check(Kernel.call(Syscall.FSTATFS, use.number(), status.address()), Syscall.FSTATFS);
      return status.getLong(80);
    }
  }

  /** fsync(2). */
  public void sync() throws SyscallException {
    try (Use use = use()) {
      use.check(Kernel.call(Syscall.FSYNC, use.number()), Syscall.FSYNC);
    }
  }

  public void truncate(long length) throws SyscallException {
    try (Use use = use()) {
      use.check(Kernel.call(Syscall.FTRUNCATE, use.number(), length), Syscall.FTRUNCATE);
    }
  }

  /**
   * One read(2) of a descriptor for which {@link #nonBlocking} was called.
   *
   * @return bytes read, 0 when there is nothing yet, -1 at the end
   */
  public int readAvailable(byte[] target) throws SyscallException {
    try {
      return new FdInput(this).read(target, 0, target.length);
    } catch (SyscallException e) {
      if (e.is(Errno.EAGAIN)) {
        return 0;
      }
      throw e;
    }
  }

  /** Sets O_NONBLOCK on the open file, which everyone shares who has a descriptor of it. */
  public void nonBlocking() throws SyscallException {
    try (Use use = use()) {
      long flags =
          Kernel.check(
              Kernel.call(Syscall.FCNTL, use.number(), Flags.F_GETFL), Syscall.FCNTL, "F_GETFL");
      Kernel.check(
          Kernel.call(Syscall.FCNTL, use.number(), Flags.F_SETFL, flags | Flags.O_NONBLOCK),
          Syscall.FCNTL,
          "O_NONBLOCK");
    }
  }

  /** lseek(2) from the start. */
  public void seek(long position) throws SyscallException {
    try (Use use = use()) {
      use.check(Kernel.call(Syscall.LSEEK, use.number(), position, 0), Syscall.LSEEK);
    }
  }

  /** fchmod(2), permission bits with set-id and sticky. */
  public void mode(int mode) throws SyscallException {
    try (Use use = use()) {
      use.check(Kernel.call(Syscall.FCHMOD, use.number(), mode & 07777), Syscall.FCHMOD);
    }
  }

  /** fchown(2); the kernel clears set-id bits, so the mode is set afterwards. */
  public void owner(long uid, long gid) throws SyscallException {
    try (Use use = use()) {
      use.check(Kernel.call(Syscall.FCHOWN, use.number(), uid, gid), Syscall.FCHOWN);
    }
  }

  /** futimens(3), nanoseconds kept. */
  public void times(Instant accessed, Instant modified) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Use use = use()) {
      long times = Entry.times(scratch, accessed, modified);
      use.check(Kernel.call(Syscall.UTIMENSAT, use.number(), 0, times, 0), Syscall.UTIMENSAT);
    }
  }

  /**
   * Begins to bring what was written so far to disk and does not wait, sync_file_range(2); a hint,
   * so failures are not told.
   */
  public void startWriting() {
    try (Use use = use()) {
      long unused =
          Kernel.call(Syscall.SYNC_FILE_RANGE, use.number(), 0, 0, Flags.SYNC_FILE_RANGE_WRITE);
    }
  }

  /**
   * flock(2) LOCK_EX without waiting.
   *
   * @return whether the lock was taken
   */
  public boolean tryLock() throws SyscallException {
    try (Use use = use()) {
      long result = Kernel.call(Syscall.FLOCK, use.number(), Flags.LOCK_EX | Flags.LOCK_NB);
      if (Kernel.is(result, Errno.EAGAIN)) {
        return false;
      }
      use.check(result, Syscall.FLOCK);
      return true;
    }
  }

  private void closeNow() {
    OPEN.decrementAndGet();
    long result = Kernel.call(Syscall.CLOSE, number);
    // EINTR: Linux has closed it. EIO and ENOSPC: lost writes are found by sync(), which who cares
    // calls.
    if (Kernel.is(result, Errno.EBADF)) {
      throw new IllegalStateException("descriptor " + number + " was closed by someone else");
    }
  }

  @Override
  public void close() {
    for (; ; ) {
      int now = state.get();
      if (now < 0) {
        return;
      }
      if (state.compareAndSet(now, now | CLOSED)) {
        if (now == 0) {
          closeNow();
        }
        return;
      }
    }
  }

  @Override
  public String toString() {
    return "fd " + number;
  }
}
