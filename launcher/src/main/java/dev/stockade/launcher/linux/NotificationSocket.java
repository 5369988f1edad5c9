package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The datagram socket on which a service manager hears how a service does, sd_notify(3). */
public final class NotificationSocket {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int ADDRESS_SIZE = 110;
  private static final int SUN_PATH_MAX = 107;

  private NotificationSocket() {}

  /**
   * Sends one message.
   *
   * @param address an absolute path, or a name of the abstract namespace behind an at sign
   * @param state for example {@code READY=1}
   * @throws IOException if nobody listens there; a service runs all the same
   */
  public static void send(String address, String state) throws IOException {
    byte[] path = address.getBytes(StandardCharsets.UTF_8);
    boolean abstractName = address.startsWith("@");
    if (path.length > SUN_PATH_MAX || !(abstractName || address.startsWith("/"))) {
      throw new SyscallException("connect", Errno.EINVAL, address, "not a notification socket");
    }
    if (abstractName) {
      path[0] = 0;
    }
    long number =
        Kernel.check(
            Kernel.call(Syscall.SOCKET, AF_UNIX, SOCK_DGRAM | Flags.O_CLOEXEC, 0),
            Syscall.SOCKET,
            address);
    try (Fd socket = Fd.own(number)) {
      connect(socket, path, address);
      socket.output().write(state.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void connect(Fd socket, byte[] path, String label) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = socket.use()) {
      Scratch.Piece address =
          scratch.zeroed(ADDRESS_SIZE).putShort(0, AF_UNIX).put(2, path, 0, path.length);
      // An abstract name is as long as its address says; a path ends at its NUL.
      int length = 2 + path.length + (path[0] == 0 ? 0 : 1);
      Kernel.check(
          Kernel.call(Syscall.CONNECT, use.number(), address.address(), length),
          Syscall.CONNECT,
          label);
    }
  }
}
