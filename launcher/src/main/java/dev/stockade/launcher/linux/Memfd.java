package dev.stockade.launcher.linux;

import java.io.IOException;

/**
 * A file without a name whose content can no longer change, memfd_create(2) and fcntl(2)
 * F_ADD_SEALS.
 */
public final class Memfd {
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int MFD_NOEXEC_SEAL = 8;
  private static final int SEAL_SEAL = 1;
  private static final int SEAL_SHRINK = 2;
  private static final int SEAL_GROW = 4;
  private static final int SEAL_WRITE = 8;

  private Memfd() {}

  /** The content, sealed against every change. The name shows in /proc only. */
  public static Fd sealed(String name, byte[] content) throws IOException {
    Fd fd = create(name);
    try {
      fd.output().write(content, 0, content.length);
      try (Fd.Use use = fd.use()) {
        Kernel.check(
            Kernel.call(
                Syscall.FCNTL,
                use.number(),
                Flags.F_ADD_SEALS,
                SEAL_SEAL | SEAL_SHRINK | SEAL_GROW | SEAL_WRITE),
            Syscall.FCNTL,
            "F_ADD_SEALS " + name);
      }
      fd.seek(0);
      return fd;
    } catch (IOException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static Fd create(String name) throws SyscallException {
    try (Scratch scratch = Scratch.open()) {
      return Fd.own(
          Kernel.check(
              Kernel.call(
                  Syscall.MEMFD_CREATE,
                  scratch.string(name),
                  MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL),
              Syscall.MEMFD_CREATE,
              name));
    }
  }
}
