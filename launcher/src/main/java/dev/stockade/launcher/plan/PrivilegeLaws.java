package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.NEVER;
import static dev.stockade.launcher.plan.Relation.PRESENT;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.caps.SecureBits;
import dev.stockade.launcher.plan.IdentityStep.Ambient;
import dev.stockade.launcher.plan.IdentityStep.Capset;
import dev.stockade.launcher.plan.IdentityStep.Securebits;
import dev.stockade.launcher.plan.Law.Condition;
import java.util.List;

/** Identity and capabilities. */
final class PrivilegeLaws {
  private static final Pattern UNUSABLE_SECUREBITS =
      Pattern.where(
          "`SECUREBITS` with NO_CAP_AMBIENT_RAISE",
          Securebits.class,
          (p, s) -> (s.bits() & SecureBits.NO_CAP_AMBIENT_RAISE) != 0);

  private static final Pattern INHERITABLE_BEYOND_AMBIENT =
      Pattern.where(
          "`CAPSET` with inheritable capabilities that are not ambient",
          Capset.class,
          (p, s) -> p.steps().stream().noneMatch(a -> a.equals(new Ambient(s.inheritable()))));

  static final List<Law> ALL =
      List.of(
          new Law(
              "L53",
              "a program has every privilege set for it",
              new Pattern(
                  "a plan without `BOUNDING`, `SECUREBITS`, `GROUPS`, `GID`, `UID`, `CAPSET`, `AMBIENT` or `UMASK`",
                  (p, i) ->
                      i == 0
                          && !List.of(
                                  BOUNDING, SECUREBITS, GROUPS, GID, UID, CAPSET, AMBIENT, UMASK)
                              .stream()
                              .allMatch(p::has)),
              NEVER,
              Pattern.NONE,
              PROGRAM,
              "what is not set is the monitor's, which is root's",
              "execve(2)"),
          new Law(
              "L23.1",
              "the bounding set is cut while CAP_SETPCAP is held",
              steps(BOUNDING),
              NEEDED_BEFORE,
              steps(UID, CAPSET),
              ALWAYS,
              "PR_CAPBSET_DROP is EPERM without it",
              "capabilities(7), prctl(2)"),
          new Law(
              "L24.1",
              "securebits are set while CAP_SETPCAP is held",
              steps(SECUREBITS),
              BEFORE,
              steps(UID, CAPSET),
              ALWAYS,
              "PR_SET_SECUREBITS is EPERM without it",
              "capabilities(7), prctl(2)"),
          new Law(
              "L24.2",
              "securebits are set before KEEP_CAPS, which is one of them",
              steps(SECUREBITS),
              BEFORE,
              steps(KEEP_CAPS),
              ALWAYS,
              "setting them all would clear it",
              "prctl(2) PR_SET_SECUREBITS"),
          new Law(
              "L24.3",
              "securebits leave room for ambient capabilities",
              UNUSABLE_SECUREBITS,
              NEVER,
              Pattern.NONE,
              new Condition(
                  "ambient capabilities are raised",
                  p ->
                      p.steps().stream()
                          .anyMatch(s -> s instanceof Ambient a && !a.raise().isEmpty())),
              "PR_CAP_AMBIENT_RAISE is EPERM then",
              "capabilities(7)"),
          new Law(
              "L25.1",
              "capabilities are kept over the change of user",
              steps(KEEP_CAPS),
              NEEDED_BEFORE,
              steps(UID),
              ALWAYS,
              "leaving uid 0 clears the permitted set, and capset could not give any back",
              "capabilities(7), Effect of user ID changes on capabilities"),
          new Law(
              "L25.2",
              "groups are set before the gid",
              steps(GROUPS),
              NEEDED_BEFORE,
              steps(GID),
              ALWAYS,
              "setgroups needs CAP_SETGID, which the change of user takes",
              "setgroups(2)"),
          new Law(
              "L25.3",
              "the gid is set before the uid",
              steps(GID),
              NEEDED_BEFORE,
              steps(UID),
              ALWAYS,
              "setresgid needs CAP_SETGID, which the change of user takes",
              "setresgid(2)"),
          new Law(
              "L25.4",
              "capabilities are set after the uid",
              steps(UID),
              NEEDED_BEFORE,
              steps(CAPSET),
              ALWAYS,
              "the change of user clears the effective set",
              "capabilities(7), Effect of user ID changes on capabilities"),
          new Law(
              "L25.5",
              "ambient capabilities are raised last",
              Pattern.any("`UID`, `CAPSET`", steps(UID), steps(CAPSET)),
              NEEDED_BEFORE,
              steps(AMBIENT),
              ALWAYS,
              "they need permitted and inheritable, and the change of user clears them even with KEEP_CAPS",
              "capabilities(7), prctl(2) PR_CAP_AMBIENT"),
          new Law(
              "L54",
              "inheritable is exactly ambient",
              INHERITABLE_BEYOND_AMBIENT,
              NEVER,
              Pattern.NONE,
              ALWAYS,
              "anything more lets file capabilities raise privileges (CVE-2022-29162, CVE-2022-24769)",
              "capabilities(7), Transformation of capabilities during execve()"),
          new Law(
              "L55",
              "namespaces are joined before privileges are cut",
              steps(JOIN_NS, JOIN_PID_NS, UNSHARE, USER_NS_ROOT),
              BEFORE,
              steps(BOUNDING, SECUREBITS, GROUPS),
              ALWAYS,
              "joining is EPERM without CAP_SYS_ADMIN, and a user namespace gives everything back",
              "setns(2), user_namespaces(7)"),
          new Law(
              "L56",
              "the program's own word is taken when privileges are final",
              steps(UID, SECUREBITS, SESSION_KEYRING),
              BEFORE,
              steps(REPORT),
              ALWAYS,
              "what is reported earlier could still change",
              "design: receipt"),
          new Law(
              "L57",
              "securebits and keyring are reported",
              steps(REPORT),
              PRESENT,
              Pattern.NONE,
              PROGRAM,
              "the kernel shows them to nobody else",
              "proc_pid_status(5)"));

  private PrivilegeLaws() {}
}
