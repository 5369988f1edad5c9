package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.StepCode;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A launch that came to nothing: no process, no cgroup, no mount and no descriptor is left of it.
 * The message names the step with its errno, or the constraints that are not in effect, and what to
 * do.
 */
public final class LaunchFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** Where it failed. */
  public enum Cause {
    /** The kernel or the node is below the floor. */
    HOST("give the node what it lacks, or use another one"),
    /** Something the plan needs could not be opened or made. */
    PREPARATION("mend that on the node, then start again"),
    /** A step of the monitor or the child. */
    STEP("look for the step in the plan that a verbose status shows"),
    /** The program could not be found or executed. */
    EXECUTABLE("correct the command, or use an image that has it"),
    /** The kernel shows something else than was asked for. */
    MISMATCH("report it, because the kernel accepted every call of the launch"),
    /** A hook that the container has did not succeed. */
    HOOK("mend what the hook needs, or the file of the device that asks for it"),
    /** The process died before it could be verified. */
    DIED("look into the kernel's log for who killed it, then start again"),
    /** warden refused the plan, is gone, or was too slow. */
    WARDEN("start again; if it fails again, restart the daemon and look into its log");

    private final String advice;

    Cause(String advice) {
      this.advice = advice;
    }
  }

  private final Cause kind;
  private final transient Optional<StepCode> step;
  private final Errno errno;
  private final transient List<Receipt.Row> mismatches;

  LaunchFailure(Cause kind, String what, Throwable cause) {
    super(what + "; " + kind.advice, cause);
    this.kind = kind;
    this.step = Optional.empty();
    this.errno =
        cause instanceof dev.stockade.launcher.linux.SyscallException e ? e.errno() : Errno.UNKNOWN;
    this.mismatches = List.of();
  }

  /** With the advice that fits the cause. */
  LaunchFailure(Cause kind, String what) {
    this(kind, what, kind.advice);
  }

  LaunchFailure(Cause kind, String what, String advice) {
    this(kind, what, advice, Optional.empty(), Errno.UNKNOWN);
  }

  LaunchFailure(Cause kind, String what, String advice, Optional<StepCode> step, Errno errno) {
    super(what + "; " + advice);
    this.kind = kind;
    this.step = step;
    this.errno = errno;
    this.mismatches = List.of();
  }

  private LaunchFailure(List<Receipt.Row> mismatches) {
    super(text(mismatches));
    this.kind = Cause.MISMATCH;
    this.step = Optional.empty();
    this.errno = Errno.UNKNOWN;
    this.mismatches = mismatches;
  }

  static LaunchFailure hook(String what) {
    return new LaunchFailure(Cause.HOOK, what);
  }

  static LaunchFailure mismatch(Receipt receipt) {
    return new LaunchFailure(receipt.mismatches());
  }

  private static String text(List<Receipt.Row> rows) {
    return rows.stream()
        .map(
            row ->
                row.constraint().label()
                    + (row.subject().isEmpty() ? "" : " " + row.subject())
                    + ": asked for "
                    + row.asked()
                    + ", the kernel shows "
                    + row.kernel())
        .collect(
            Collectors.joining(
                "; ", "not as asked, so it was not started: ", "; " + Cause.MISMATCH.advice));
  }

  /** Where it failed. */
  public Cause kind() {
    return kind;
  }

  /** The step that failed, if one did. */
  public Optional<StepCode> step() {
    return step;
  }

  /** UNKNOWN where no system call failed. */
  public Errno errno() {
    return errno;
  }

  /** The rows of the receipt that mismatch; empty unless {@link Cause#MISMATCH}. */
  public List<Receipt.Row> mismatches() {
    return mismatches;
  }
}
