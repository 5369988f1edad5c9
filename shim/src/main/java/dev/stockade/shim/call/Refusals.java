package dev.stockade.shim.call;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.shim.call.CallFailure.Kind;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/**
 * Tells the caller of a request why the kernel, the plan or the launcher did not do what was asked.
 */
public final class Refusals {
  private Refusals() {}

  /** A system call failed. */
  public static CallFailure of(String attempted, IOException e) {
    return new CallFailure(kind(e), attempted + ": " + e.getMessage(), e);
  }

  /** The constraints cannot be compiled into a plan for this node. */
  public static CallFailure of(String attempted, LaunchRejection e) {
    return new CallFailure(Kind.UNENFORCEABLE, attempted + " refused: " + e.getMessage(), e);
  }

  /** The launch came to nothing. */
  public static CallFailure of(String attempted, LaunchFailure e) {
    Kind kind =
        switch (e.kind()) {
          case HOST, MISMATCH -> Kind.UNENFORCEABLE;
          case EXECUTABLE -> Kind.WRONG_STATE;
          case WARDEN -> Kind.UNAVAILABLE;
          case DIED -> Kind.INTERNAL;
          case PREPARATION, STEP -> kind(e.errno());
        };
    return new CallFailure(kind, attempted + ": " + e.getMessage(), e);
  }

  private static Kind kind(IOException e) {
    if (e instanceof SyscallException refused) {
      return kind(refused.errno());
    }
    if (e instanceof AccessDeniedException) {
      return Kind.FORBIDDEN;
    }
    return e instanceof NoSuchFileException ? Kind.WRONG_STATE : Kind.INTERNAL;
  }

  private static Kind kind(Errno errno) {
    return switch (errno) {
      case EPERM, EACCES, EROFS -> Kind.FORBIDDEN;
      case ENOMEM, EMFILE, ENFILE, ENOSPC, EAGAIN -> Kind.EXHAUSTED;
      case ENOENT, ENOTDIR, EISDIR, ELOOP, EEXIST, EXDEV, ENAMETOOLONG -> Kind.WRONG_STATE;
      case EOPNOTSUPP, ENOSYS, ENODEV -> Kind.UNENFORCEABLE;
      default -> Kind.INTERNAL;
    };
  }
}
