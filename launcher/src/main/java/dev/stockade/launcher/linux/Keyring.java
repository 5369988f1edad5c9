package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Keys by serial number, keyctl(2). */
public final class Keyring {
  private static final int KEYCTL_DESCRIBE = 6;
  private static final int DESCRIPTION_FIELD = 4;

  private Keyring() {}

  /** The description of a key; empty when it may not be seen because it belongs to another user. */
  public static Optional<String> description(int serial) throws SyscallException {
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece text = scratch.zeroed(8192);
      long result =
          Kernel.call(Syscall.KEYCTL, KEYCTL_DESCRIBE, serial, text.address(), text.size());
      if (Kernel.is(result, Errno.EACCES)) {
        return Optional.empty();
      }
      int length = (int) Kernel.check(result, Syscall.KEYCTL, "KEYCTL_DESCRIBE " + serial);
      String all = new String(text.bytes(0, Math.max(0, length - 1)), StandardCharsets.UTF_8);
      String[] fields = all.split(";", DESCRIPTION_FIELD + 1);
      return Optional.of(fields[fields.length - 1]);
    }
  }
}
