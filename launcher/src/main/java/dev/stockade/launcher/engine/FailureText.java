package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.WaitStatus;
import dev.stockade.launcher.plan.IdentityStep;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.Step;
import dev.stockade.launcher.plan.StepCode;
import java.util.List;
import java.util.Optional;

/** What warden's numbers mean to a person: the step, the errno, and what to do. */
final class FailureText {
  private static final int STEP_LENGTH = 300;

  private FailureText() {}

  static LaunchFailure of(Message.Failed failed, LaunchPlan plan) {
    return switch (failed.phase()) {
      case MONITOR -> step(failed, plan.monitor(), "monitor");
      case CHILD -> step(failed, plan.child(), "child");
      case VERIFY ->
          new LaunchFailure(
              LaunchFailure.Cause.WARDEN,
              "warden refused the plan at step " + failed.step() + ": " + failed.reason());
      case EXEC_KILLED -> died(failed);
      default ->
          new LaunchFailure(
              LaunchFailure.Cause.WARDEN,
              "the launch was not released: " + Errno.of(failed.error()).meaning());
    };
  }

  private static LaunchFailure died(Message.Failed failed) {
    WaitStatus status = new WaitStatus(failed.error());
    String how =
        status.signalled() ? "signal " + status.signal() : "exit status " + status.exitCode();
    return new LaunchFailure(
        LaunchFailure.Cause.DIED,
        "the process died with " + how + " before its program could be verified");
  }

  private static LaunchFailure step(Message.Failed failed, List<Step> steps, String who) {
    // A child tells its failure in memory that others may have written to: only of a step of its
    // own.
    Optional<StepCode> code =
        code(failed.code())
            .filter(c -> who.equals("monitor") || steps.stream().anyMatch(s -> s.code() == c));
    Errno errno = Errno.of(failed.error());
    boolean known = failed.step() >= 0 && failed.step() < steps.size();
    String what = known ? text(steps.get(failed.step()), who) : who + " step " + failed.step();
    String hint = code.map(c -> hint(c, errno)).filter(h -> !h.isEmpty()).orElse(hint(errno));
    String message =
        what
            + ": "
            + (errno == Errno.UNKNOWN ? "errno " + failed.error() : errno.name())
            + " ("
            + errno.meaning()
            + ")"
            + (failed.detail() == 0 ? "" : ", detail " + Long.toUnsignedString(failed.detail()))
            + (failed.reason().isEmpty() ? "" : ", " + failed.reason());
    LaunchFailure.Cause cause =
        code.filter(FailureText::isExecution).isPresent()
            ? LaunchFailure.Cause.EXECUTABLE
            : LaunchFailure.Cause.STEP;
    return new LaunchFailure(cause, message, hint, code, errno);
  }

  /** What people type wrong most often is told in their words. */
  private static String text(Step step, String who) {
    if (step instanceof IdentityStep.Resolve program) {
      boolean searched = program.name().indexOf('/') < 0;
      return shorten(
          "program \"" + program.name() + "\"" + (searched ? " in PATH " + program.path() : ""));
    }
    return who + " " + shorten(step.toString());
  }

  private static String shorten(String text) {
    return text.length() <= STEP_LENGTH ? text : text.substring(0, STEP_LENGTH) + "...";
  }

  private static Optional<StepCode> code(int number) {
    for (StepCode code : StepCode.values()) {
      if (code.code() == number) {
        return Optional.of(code);
      }
    }
    return Optional.empty();
  }

  private static boolean isExecution(StepCode code) {
    return code == StepCode.RESOLVE || code == StepCode.EXEC || code == StepCode.EXEC_FD;
  }

  private static String hint(StepCode code, Errno errno) {
    return switch (code) {
      case RESOLVE -> executableHint(errno);
      case EXEC -> executableHint(errno);
      case CLONE ->
          errno == Errno.EBUSY
              ? "the cgroup has children with controllers of their own"
              : errno == Errno.ENOSPC ? "a limit of /proc/sys/user is reached" : "";
      case BIRTH ->
          switch (errno) {
            case EAGAIN ->
                "pids.max of the cgroup, or RLIMIT_NPROC of the user, leaves no room for one more process";
            case ENOMEM -> "the first process of the PID namespace has ended";
            default -> "";
          };
      case JOIN_PID_NS ->
          errno == Errno.EPERM ? "it must belong to the user namespace that is joined" : "";
      case MOUNT_PROC ->
          errno == Errno.EAGAIN ? "pids.max of the cgroup leaves no room for two more" : "";
      case ID_MAPS -> "the ranges must not overlap and must belong to the daemon";
      case ATTACH ->
          switch (errno) {
            case ELOOP -> "the image has a symbolic link in its place";
            case EINVAL, ENOTDIR ->
                "what is there is a directory and the source is none, or the other way round";
            default -> "";
          };
      case MAKE_DIR ->
          errno == Errno.ENOTDIR ? "something of the image that is no directory is in its way" : "";
      case CHDIR -> "the working directory must exist in the image";
      case SYSCTL -> "is the parameter namespaced, and does this kernel have it?";
      case RLIMIT -> "raising a hard limit needs CAP_SYS_RESOURCE";
      case OOM_SCORE_ADJ ->
          "lowering it needs CAP_SYS_RESOURCE, or degradation.oom_score_adj = \"report\"";
      case SESSION_KEYRING ->
          errno == Errno.EDQUOT
              ? "the user's quota of keys is used up, see /proc/key-users; remove some, or set"
                  + " degradation.session_keyring = \"report\""
              : "";
      case TRACE -> "something else traces, or kernel.yama.ptrace_scope is 3";
      default -> "";
    };
  }

  /** Of a step that has no better one. */
  private static String hint(Errno errno) {
    return switch (errno) {
      case EPERM, EACCES ->
          "the daemon lacks a capability, or a security module forbids it: see the audit log";
      case ENOMEM, ENOSPC, EMFILE, ENFILE, EAGAIN, EDQUOT -> "make room on the node";
      case EINVAL, ENOSYS, EOPNOTSUPP, ENODEV -> "this kernel cannot do what the plan asks for";
      case ENOENT, ENOTDIR, ELOOP, EXDEV, EEXIST -> "look at what the image has in that place";
      default -> "look for the step in the plan that a verbose status shows";
    };
  }

  private static String executableHint(Errno errno) {
    return switch (errno) {
      case ENOENT -> "no such file in the image, or its interpreter is missing";
      case EACCES -> "the file is not executable, or a security module forbids it";
      case ENOEXEC -> "not a program for this architecture, or a script without a #! line";
      default -> "";
    };
  }
}
