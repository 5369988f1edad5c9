package dev.stockade.shim.call;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.StepCode;
import dev.stockade.shim.call.CallFailure.Kind;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Tells the caller of a request why the kernel, the plan or the launcher did not do what was asked.
 */
public final class Refusals {
  private Refusals() {}

  /** A system call failed. */
  public static CallFailure of(String attempted, IOException e) {
    return NoRoom.isWhy(e)
        ? of(attempted, e, Room.REMEDY)
        : new CallFailure(kind(e), attempted + ": " + e.getMessage(), e);
  }

  /** A system call failed, for a reason that the caller can do something about. */
  public static CallFailure of(String attempted, IOException e, String remedy) {
    return new CallFailure(kind(e), attempted + ": " + e.getMessage() + "; " + remedy, e);
  }

  /** As {@link #of(String, LaunchRejection)}, where everything comes from one field. */
  public static CallFailure of(String attempted, String field, LaunchRejection e) {
    String problems =
        e.problems().stream()
            .map(problem -> problem.reason() + "; " + problem.advice())
            .collect(Collectors.joining(" | "));
    return new CallFailure(
        Kind.UNENFORCEABLE, attempted + " refused: " + field + ": " + problems, e);
  }

  /** The constraints cannot be compiled into a plan for this node. */
  public static CallFailure of(String attempted, LaunchRejection e) {
    String problems = e.problems().stream().map(Refusals::text).collect(Collectors.joining(" | "));
    return new CallFailure(Kind.UNENFORCEABLE, attempted + " refused: " + problems, e);
  }

  /** The launch came to nothing. */
  public static CallFailure of(String attempted, LaunchFailure e) {
    Kind kind =
        switch (e.kind()) {
          case HOST, MISMATCH -> Kind.UNENFORCEABLE;
          case EXECUTABLE, HOOK -> Kind.WRONG_STATE;
          case WARDEN -> Kind.UNAVAILABLE;
          case DIED -> Kind.INTERNAL;
          case PREPARATION -> e.errno() == Errno.UNKNOWN ? Kind.WRONG_STATE : kind(e.errno());
          case STEP ->
              wrongValue(e) ? Kind.INVALID : wrongPlace(e) ? Kind.WRONG_STATE : kind(e.errno());
        };
    String field = e.step().flatMap(RequestField::of).map(f -> f + ": ").orElse("");
    boolean full = e.kind() == LaunchFailure.Cause.PREPARATION && NoRoom.is(e.errno());
    String remedy = full ? "; " + Room.REMEDY : "";
    return new CallFailure(kind, attempted + ": " + field + e.getMessage() + remedy, e);
  }

  private static String text(LaunchRejection.Problem problem) {
    String field = RequestField.of(problem.field());
    String place = field.equals(problem.field()) ? "" : " (" + problem.field() + " of the spec)";
    return field + place + ": " + problem.reason() + "; " + problem.advice();
  }

  /** What only the kernel can judge: the value of a parameter of its own. */
  private static boolean wrongValue(LaunchFailure e) {
    return e.step().equals(Optional.of(StepCode.SYSCTL)) && e.errno() == Errno.EINVAL;
  }

  /** A file mounted on a directory of the image: move_mount(2) has one errno for many things. */
  private static boolean wrongPlace(LaunchFailure e) {
    return e.step().equals(Optional.of(StepCode.ATTACH)) && e.errno() == Errno.EINVAL;
  }

  private static Kind kind(IOException e) {
    if (e instanceof SyscallException refused) {
      return kind(refused.errno());
    }
    if (NoRoom.isWhy(e)) {
      return Kind.EXHAUSTED;
    }
    if (e instanceof AccessDeniedException) {
      return Kind.FORBIDDEN;
    }
    return e instanceof NoSuchFileException ? Kind.WRONG_STATE : Kind.INTERNAL;
  }

  private static Kind kind(Errno errno) {
    return switch (errno) {
      case EPERM, EACCES, EROFS -> Kind.FORBIDDEN;
      case ENOMEM, EMFILE, ENFILE, ENOSPC, EDQUOT, EAGAIN -> Kind.EXHAUSTED;
      case ENOENT, ENOTDIR, EISDIR, ELOOP, EEXIST, EXDEV, ENAMETOOLONG -> Kind.WRONG_STATE;
      case EOPNOTSUPP, ENOSYS, ENODEV -> Kind.UNENFORCEABLE;
      default -> Kind.INTERNAL;
    };
  }
}
