package dev.stockade.launcher.seccomp;

import java.util.List;

/**
 * The filter a pod's first process is launched with: what warden does from its execve to the point
 * at which it lays a narrower one of its own over this one, and what it does from then on.
 */
public final class InitProfile {
  private static final List<String> BIRTH = List.of("execve", "execveat");

  /** Of a static program's C library, before main. */
  private static final List<String> START =
      List.of(
          "arch_prctl",
          "brk",
          "getrandom",
          "mprotect",
          "prlimit64",
          "readlink",
          "readlinkat",
          "rseq",
          "set_robust_list",
          "set_tid_address");

  private static final List<String> CONFINEMENT =
      List.of("close_range", "prctl", "rt_sigprocmask", "seccomp");

  private static final List<String> LIFE =
      List.of("exit_group", "restart_syscall", "rt_sigreturn", "rt_sigtimedwait", "wait4");

  private static final Profile PROFILE =
      Profile.of(
          Action.ERRNO,
          List.of(),
          List.of(
              Rule.of(Action.ALLOW, BIRTH),
              Rule.of(Action.ALLOW, START),
              Rule.of(Action.ALLOW, CONFINEMENT),
              Rule.of(Action.ALLOW, LIFE)));

  private InitProfile() {}

  /** The same for every pod. */
  public static Profile profile() {
    return PROFILE;
  }
}
