package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Tells a disk without room and a quota that is used up from everything else that can fail. */
public final class NoRoom {
  private static final Set<Errno> ERRNOS = EnumSet.of(Errno.ENOSPC, Errno.EDQUOT);

  private NoRoom() {}

  /** Whether these are blocks, inodes or a quota that have run out. */
  public static boolean is(Errno errno) {
    return ERRNOS.contains(errno);
  }

  /** Whether that is why something failed. */
  public static boolean isWhy(Throwable failure) {
    return errno(failure).isPresent();
  }

  /** ENOSPC or EDQUOT, if that is why. */
  public static Optional<Errno> errno(Throwable failure) {
    if (failure instanceof SyscallException refused) {
      return Optional.of(refused.errno()).filter(NoRoom::is);
    }
    return failure instanceof IOException io ? ofText(io) : Optional.empty();
  }

  /** The JDK keeps the text of strerror(3), in the language of the process, and no number. */
  private static Optional<Errno> ofText(IOException failure) {
    String text =
        failure instanceof FileSystemException named ? named.getReason() : failure.getMessage();
    return ERRNOS.stream().filter(e -> Posix.NATIVE.strerror(e.number()).equals(text)).findFirst();
  }
}
