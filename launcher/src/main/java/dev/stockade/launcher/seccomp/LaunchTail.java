package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The calls the launcher itself still makes after the filter is in force: a profile that refuses
 * one of them could never start a container, and is refused before anything is started. execve(2)
 * always; with no_new_privs off also capset(2) and prctl(2) of the ambient set, because the filter
 * had to be installed while CAP_SYS_ADMIN was still held.
 */
public final class LaunchTail {
  private static final long PR_CAP_AMBIENT = 47;
  private static final long PR_CAP_AMBIENT_RAISE = 2;
  private static final long PR_CAP_AMBIENT_CLEAR_ALL = 4;

  private LaunchTail() {}

  /** A call with the arguments known before the launch; the others may have any value. */
  private record Call(String syscall, String text, Map<Integer, Long> args) {}

  /**
   * The calls of the tail that the program may refuse. A call whose verdict depends on an argument
   * that is not known yet counts as refused if any value would be.
   *
   * @return one text each, for example {@code prctl(PR_CAP_AMBIENT_RAISE): ERRNO(1)}; empty if the
   *     launch can end
   */
  public static List<String> denied(BpfProgram program, Arch nativeArch, boolean noNewPrivs) {
    List<String> denied = new ArrayList<>();
    for (Call call : calls(noNewPrivs)) {
      int number = SyscallTable.of(nativeArch).number(call.syscall()).orElseThrow();
      for (Verdict verdict : BpfReach.verdicts(program, nativeArch, number, call.args())) {
        if (!lets(verdict.action())) {
          denied.add(call.text() + ": " + verdict);
          break;
        }
      }
    }
    return denied;
  }

  private static List<Call> calls(boolean noNewPrivs) {
    Call execve = new Call("execve", "execve", Map.of());
    if (noNewPrivs) {
      return List.of(execve);
    }
    return List.of(
        new Call("capset", "capset", Map.of()),
        new Call(
            "prctl",
            "prctl(PR_CAP_AMBIENT_CLEAR_ALL)",
            Map.of(0, PR_CAP_AMBIENT, 1, PR_CAP_AMBIENT_CLEAR_ALL, 2, 0L, 3, 0L, 4, 0L)),
        new Call(
            "prctl",
            "prctl(PR_CAP_AMBIENT_RAISE)",
            Map.of(0, PR_CAP_AMBIENT, 1, PR_CAP_AMBIENT_RAISE, 3, 0L, 4, 0L)),
        execve);
  }

  /**
   * TRACE without a tracer that asked for it is ENOSYS, seccomp(2). A call that notifies would wait
   * for a listener, which is not told of a process before it is verified.
   */
  private static boolean lets(Action action) {
    return action == Action.ALLOW || action == Action.LOG;
  }
}
