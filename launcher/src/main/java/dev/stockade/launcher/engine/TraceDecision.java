package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.HostFacts.Tracing;
import dev.stockade.launcher.plan.StepCode;
import java.io.IOException;
import java.util.Optional;

/** Whether one launch is traced; pure, but for the question that it is given. */
final class TraceDecision {
  private TraceDecision() {}

  /** Whether a process of one context may trace one of another. */
  @FunctionalInterface
  interface Question {
    boolean mayTrace(String tracer, String target) throws IOException;
  }

  /**
   * Before a launch. SELinux checks the tracer at the seize, against its own context, and again in
   * the exec, against the program's, selinux_bprm_creds_for_exec() of the kernel.
   *
   * @param warden the context warden runs in, empty without SELinux
   * @param program the context asked for, empty where none is executed
   */
  static Tracing before(HostFacts facts, String warden, String program, Question question)
      throws IOException {
    if (!facts.tracing().possible() || !facts.seLinux() || warden.isEmpty()) {
      return facts.tracing();
    }
    for (String target :
        program.isEmpty() ? new String[] {warden} : new String[] {warden, program}) {
      if (!question.mayTrace(warden, target)) {
        return Tracing.impossible("the SELinux policy forbids " + warden + " to trace " + target);
      }
    }
    return facts.tracing();
  }

  /**
   * After a traced launch that failed: why the same launch may succeed without a tracer. Security
   * modules refuse a traced exec with the errors of a file that is not executable.
   */
  static Optional<Tracing> after(HostFacts facts, LaunchFailure failure) {
    boolean denied = failure.errno() == Errno.EPERM || failure.errno() == Errno.EACCES;
    StepCode step = failure.step().orElse(null);
    if (!denied || step == null) {
      return Optional.empty();
    }
    return switch (step) {
      case TRACE -> Optional.of(Tracing.impossible("the kernel refused to trace"));
      case EXEC, EXEC_FD ->
          facts.appArmor() || facts.seLinux()
              ? Optional.of(Tracing.impossible("a security module may have refused a traced exec"))
              : Optional.empty();
      default -> Optional.empty();
    };
  }
}
