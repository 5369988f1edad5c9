package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One message with one descriptor to whoever listens on a stream socket, unix(7). */
public final class DescriptorMail {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int ADDRESS_SIZE = 110;
  private static final int SUN_PATH_MAX = 107;
  private static final int SO_SNDTIMEO = 21;
  private static final long PATIENCE_SECONDS = 5;

  private DescriptorMail() {}

  /**
   * Connects, sends and closes; the descriptor stays owned by the caller.
   *
   * @param socket absolute path
   * @throws SyscallException EAGAIN if it is not taken within five seconds
   */
  public static void send(Path socket, byte[] message, Fd descriptor) throws SyscallException {
    String label = socket.toString();
    byte[] path = label.getBytes(StandardCharsets.UTF_8);
    if (path.length > SUN_PATH_MAX || !socket.isAbsolute()) {
      throw new SyscallException("connect", Errno.EINVAL, label, "not the path of a socket");
    }
    long number =
        Kernel.check(
            Kernel.call(Syscall.SOCKET, AF_UNIX, SOCK_STREAM | Flags.O_CLOEXEC, 0),
            Syscall.SOCKET,
            label);
    try (Fd stream = Fd.own(number);
        Scratch scratch = Scratch.open();
        Fd.Use to = stream.use();
        Fd.Use attached = descriptor.use()) {
      bound(scratch, to.number(), label);
      Scratch.Piece address =
          scratch.zeroed(ADDRESS_SIZE).putShort(0, AF_UNIX).put(2, path, 0, path.length);
      Kernel.check(
          Kernel.call(Syscall.CONNECT, to.number(), address.address(), 2 + path.length + 1),
          Syscall.CONNECT,
          label);
      send(scratch, to.number(), message, attached.number(), label);
    }
  }

  /** It bounds connect(2) too, socket(7). */
  private static void bound(Scratch scratch, int socket, String label) throws SyscallException {
    Scratch.Piece limit = scratch.zeroed(16).putLong(0, PATIENCE_SECONDS);
    Kernel.check(
        Kernel.call(Syscall.SETSOCKOPT, socket, SOL_SOCKET, SO_SNDTIMEO, limit.address(), 16),
        Syscall.SETSOCKOPT,
        label);
  }

  /** A message that is far smaller than the buffer of a socket is sent whole or not at all. */
  private static void send(
      Scratch scratch, int socket, byte[] message, int descriptor, String label)
      throws SyscallException {
    Scratch.Piece data = scratch.bytes(message);
    Scratch.Piece control =
        scratch
            .zeroed(24)
            .putLong(0, 20)
            .putInt(8, SOL_SOCKET)
            .putInt(12, SCM_RIGHTS)
            .putInt(16, descriptor);
    Scratch.Piece vector = scratch.zeroed(16).putLong(0, data.address()).putLong(8, data.size());
    Scratch.Piece header =
        scratch
            .zeroed(56)
            .putLong(16, vector.address())
            .putLong(24, 1)
            .putLong(32, control.address())
            .putLong(40, control.size());
    long sent;
    do {
      sent = Kernel.call(Syscall.SENDMSG, socket, header.address(), MSG_NOSIGNAL);
    } while (Kernel.is(sent, Errno.EINTR));
    if (Kernel.check(sent, Syscall.SENDMSG, label) != message.length) {
      throw new SyscallException("sendmsg", Errno.EMSGSIZE, label, "only a part of it was taken");
    }
  }
}
