package dev.stockade.launcher.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A connected or listening AF_UNIX SOCK_SEQPACKET socket whose packets carry descriptors, unix(7).
 */
public final class SeqpacketSocket implements AutoCloseable {
  /** Most descriptors in one packet, SCM_MAX_FD. */
  public static final int DESCRIPTORS_MAX = 253;

  private static final int AF_UNIX = 1;
  private static final int SOCK_SEQPACKET = 5;
  private static final int SOCK_CLOEXEC = Flags.O_CLOEXEC;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CTRUNC = 0x08;
  private static final int MSG_TRUNC = 0x20;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;
  private static final int SUN_PATH_MAX = 107;

  private final Fd fd;
  private final String label;

  private SeqpacketSocket(Fd fd, String label) {
    this.fd = fd;
    this.label = label;
  }

  /** Both ends of a connected pair. */
  public record Pair(SeqpacketSocket near, SeqpacketSocket far) implements AutoCloseable {
    /** Once the far end has been sent away, so that its end can be noticed here. */
    public void closeFar() {
      far.close();
    }

    @Override
    public void close() {
      near.close();
      far.close();
    }
  }

  public static Pair pair() throws SyscallException {
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece ends = scratch.zeroed(8);
      Kernel.check(
          Kernel.call(
              Syscall.SOCKETPAIR, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.address()),
          Syscall.SOCKETPAIR,
          "");
      return new Pair(
          new SeqpacketSocket(Fd.own(ends.getInt(0)), "socket pair"),
          new SeqpacketSocket(Fd.own(ends.getInt(4)), "socket pair"));
    }
  }

  private static SeqpacketSocket socket(String label) throws SyscallException {
    return new SeqpacketSocket(
        Fd.own(
            Kernel.check(
                Kernel.call(Syscall.SOCKET, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0),
                Syscall.SOCKET,
                label)),
        label);
  }

  @FunctionalInterface
  private interface Addressed {
    long call(int socket, long address, int length);
  }

  /**
   * The name is reached through the held directory: no length limit but the name's own, no link
   * followed on the way.
   */
  private void addressed(Syscall syscall, Directory directory, String name, Addressed call)
      throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use();
        Fd.Use at = directory.fd().use()) {
      byte[] path = ("/proc/self/fd/" + at.number() + "/" + name).getBytes(StandardCharsets.UTF_8);
      if (name.isEmpty() || name.indexOf('/') >= 0 || path.length > SUN_PATH_MAX) {
        throw new SyscallException(syscall.call(), Errno.EINVAL, label, "not a usable socket name");
      }
      Scratch.Piece address = scratch.zeroed(110).putShort(0, AF_UNIX).put(2, path, 0, path.length);
      Kernel.check(call.call(use.number(), address.address(), 2 + path.length + 1), syscall, label);
    }
  }

  /** Connects to a socket by its name in a held directory. */
  public static SeqpacketSocket connect(Directory directory, String name) throws SyscallException {
    SeqpacketSocket socket = socket(directory + "/" + name);
    try {
      socket.addressed(
          Syscall.CONNECT,
          directory,
          name,
          (fd, address, length) -> Kernel.call(Syscall.CONNECT, fd, address, length));
      return socket;
    } catch (SyscallException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Listens under a name in a held directory. A socket that is there is replaced; who may connect
   * is decided by the directory, which must be private, because the mode of a socket is set by the
   * process's umask.
   */
  public static SeqpacketSocket listen(Directory directory, String name, int backlog)
      throws SyscallException {
    SeqpacketSocket socket = socket(directory + "/" + name);
    try (Entry entry = directory.entry(name)) {
      if (entry.status().filter(s -> s.kind() == FileKind.SOCKET).isPresent()) {
        entry.unlink();
      }
      socket.addressed(
          Syscall.BIND,
          directory,
          name,
          (fd, address, length) -> Kernel.call(Syscall.BIND, fd, address, length));
      entry.mode(0600);
      try (Fd.Use use = socket.fd.use()) {
        Kernel.check(
            Kernel.call(Syscall.LISTEN, use.number(), backlog), Syscall.LISTEN, socket.label);
      }
      return socket;
    } catch (SyscallException e) {
      socket.close();
      throw e;
    }
  }

  /** The next peer, or empty when none came within the limit. */
  public Optional<SeqpacketSocket> accept(Duration limit) throws SyscallException {
    if (!Poll.await(fd, Poll.IN, limit)) {
      return Optional.empty();
    }
    try (Fd.Use use = fd.use()) {
      long result = Kernel.call(Syscall.ACCEPT4, use.number(), 0, 0, SOCK_CLOEXEC);
      return Optional.of(
          new SeqpacketSocket(Fd.own(Kernel.check(result, Syscall.ACCEPT4, label)), label));
    }
  }

  /** One packet: little-endian bytes, and descriptors that belong to it until {@link #take}n. */
  public static final class Packet implements AutoCloseable {
    private final ByteBuffer bytes;
    private final List<Fd> descriptors;

    private Packet(ByteBuffer bytes, List<Fd> descriptors) {
      this.bytes = bytes;
      this.descriptors = descriptors;
    }

    public ByteBuffer bytes() {
      return bytes;
    }

    /** Moves the first descriptor out of the packet; empty when there is none left. */
    public Optional<Fd> take() {
      return descriptors.isEmpty() ? Optional.empty() : Optional.of(descriptors.remove(0));
    }

    @Override
    public void close() {
      descriptors.forEach(Fd::close);
      descriptors.clear();
    }
  }

  /**
   * Sends one packet. The descriptors stay owned by the caller. EPIPE when the peer is gone, never
   * SIGPIPE.
   */
  public void send(byte[] bytes, List<Fd> descriptors) throws SyscallException {
    if (descriptors.size() > DESCRIPTORS_MAX) {
      throw new SyscallException(
          "sendmsg",
          Errno.EINVAL,
          label,
          descriptors.size() + " descriptors, at most " + DESCRIPTORS_MAX);
    }
    List<Fd.Use> uses = new ArrayList<>(descriptors.size());
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      for (Fd descriptor : descriptors) {
        uses.add(descriptor.use());
      }
      Scratch.Piece message = header(scratch, scratch.bytes(bytes), control(scratch, uses));
      long result;
      do {
        result = Kernel.call(Syscall.SENDMSG, use.number(), message.address(), MSG_NOSIGNAL);
      } while (Kernel.is(result, Errno.EINTR));
      Kernel.check(result, Syscall.SENDMSG, label);
    } finally {
      uses.forEach(Fd.Use::close);
    }
  }

  private static Scratch.Piece control(Scratch scratch, List<Fd.Use> uses) {
    if (uses.isEmpty()) {
      return scratch.zeroed(0);
    }
    int length = 16 + 4 * uses.size();
    Scratch.Piece control =
        scratch
            .zeroed((length + 7) & ~7)
            .putLong(0, length)
            .putInt(8, SOL_SOCKET)
            .putInt(12, SCM_RIGHTS);
    for (int i = 0; i < uses.size(); i++) {
      control.putInt(16 + 4 * i, uses.get(i).number());
    }
    return control;
  }

  private static Scratch.Piece header(Scratch scratch, Scratch.Piece data, Scratch.Piece control) {
    Scratch.Piece vector =
        scratch.uninitialised(16).putLong(0, data.address()).putLong(8, data.size());
    return scratch
        .zeroed(56)
        .putLong(16, vector.address())
        .putLong(24, 1)
        .putLong(32, control.size() == 0 ? 0 : control.address())
        .putLong(40, control.size());
  }

  /** What one attempt to receive brought. */
  public enum Arrival {
    PACKET,
    NOTHING_YET,
    END
  }

  /** The result of {@link #receive}; the packet is present only with {@link Arrival#PACKET}. */
  public record Received(Arrival arrival, Optional<Packet> packet) {}

  /**
   * Waits for one packet. Everything the peer sent arrives before its end, also when it ended with
   * packets of ours unread: the kernel tells that error once, before what it still has.
   *
   * @param limit how long; zero only looks
   * @param maximum bytes; a longer packet is EMSGSIZE
   */
  public Received receive(int maximum, Duration limit) throws SyscallException {
    if (!limit.isZero() && !Poll.await(fd, Poll.IN, limit)) {
      return new Received(Arrival.NOTHING_YET, Optional.empty());
    }
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      Scratch.Piece data = scratch.uninitialised(maximum);
      Scratch.Piece control = scratch.zeroed(16 + 4 * (DESCRIPTORS_MAX + 3));
      Scratch.Piece message = header(scratch, data, control);
      long result;
      do {
        result =
            Kernel.call(
                Syscall.RECVMSG, use.number(), message.address(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      } while (Kernel.is(result, Errno.EINTR) || Kernel.is(result, Errno.ECONNRESET));
      if (Kernel.is(result, Errno.EAGAIN)) {
        return new Received(Arrival.NOTHING_YET, Optional.empty());
      }
      if (result == 0) {
        return new Received(Arrival.END, Optional.empty());
      }
      int length = (int) Kernel.check(result, Syscall.RECVMSG, label);
      return new Received(Arrival.PACKET, Optional.of(packet(data, control, message, length)));
    }
  }

  private Packet packet(
      Scratch.Piece data, Scratch.Piece control, Scratch.Piece message, int length)
      throws SyscallException {
    List<Fd> descriptors = descriptors(control, (int) message.getLong(40));
    int flags = message.getInt(48);
    if ((flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
      descriptors.forEach(Fd::close);
      throw new SyscallException(
          "recvmsg", Errno.EMSGSIZE, label, "larger than the protocol allows");
    }
    ByteBuffer bytes = ByteBuffer.wrap(data.bytes(0, length)).order(ByteOrder.LITTLE_ENDIAN);
    return new Packet(bytes, descriptors);
  }

  private static List<Fd> descriptors(Scratch.Piece control, int length) {
    List<Fd> descriptors = new ArrayList<>();
    for (int at = 0; at + 16 <= length; ) {
      int size = (int) control.getLong(at);
      boolean rights =
          control.getInt(at + 8) == SOL_SOCKET && control.getInt(at + 12) == SCM_RIGHTS;
      for (int i = at + 16; rights && i + 4 <= at + size; i += 4) {
        descriptors.add(Fd.own(control.getInt(i)));
      }
      at += (Math.max(size, 16) + 7) & ~7;
    }
    return descriptors;
  }

  /** shutdown(2) both ways: a receive in progress in another thread ends. */
  public void shutdown() {
    try (Fd.Use use = fd.use()) {
      long result = Kernel.call(Syscall.SHUTDOWN, use.number(), 2);
      assert result == 0 || Kernel.is(result, Errno.ENOTCONN);
    }
  }

  public Fd fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }
}
