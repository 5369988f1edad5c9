package dev.stockade.launcher.linux;

import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/** The C library through jnr-posix, for what is no system call. */
final class Posix {
  static final POSIX NATIVE = nativeOnly();

  private Posix() {}

  private static POSIX nativeOnly() {
    Linux.load();
    POSIX posix = POSIXFactory.getNativePOSIX();
    if (!posix.isNative()) {
      throw new IllegalStateException("jnr-posix found no native implementation for this host");
    }
    return posix;
  }
}
