package dev.stockade.launcher.plan;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** docs/LAUNCH-ORDER.md, made from the law table. */
final class LaunchOrderDocument {
  private static final String HEAD =
      """
      # The order of a launch

      <!-- Generated from the law table of dev.stockade.launcher.plan by LaunchOrderDocument.
           Change the laws, then run: mvn -pl launcher -am test -Dtest=LaunchOrderGoldenTest -Dgolden.update=true -Dsurefire.failIfNoSpecifiedTests=false -->

      A launch is a list of steps, and most of them are right only before or after others. The rules are a table in the program
      (`LawBook`): the compiler's plans are checked against it before every launch, this page is made from it, and the property
      tests try to break it. A plan that breaks a law is not launched.

      ## The laws

      *before*: every step of the first kind is earlier than every step of the second. *needed before*: the same, and the second
      kind does not come without the first. *then only*: behind the first kind nothing but the second kind comes.

      | law | what | steps | when | because | see |
      |---|---|---|---|---|---|
      """;

  private static final String TAIL =
      """

      ## Not in the table

      | what | where it is held |
      |---|---|
      | every descriptor a step uses is filled by then, every slot is filled once | `SlotReview`, and warden's verifier |
      | a step is in its phase, and what is done once is there once | `PhaseReview`, and warden's verifier |
      | capabilities after exec are those asked for: uid 0 gains its bounding set, others keep the ambient set | `CapabilityReview` with `caps.CapabilitySets.afterExec` |
      | the filter lets the rest of the launch through | `SeccompStage` with `seccomp.LaunchTail`, which looks at the compiled program |
      | what would leave a container silently open | a second time in `native/src/plan_laws.c`, independent of Java |
      | L20, L21: under no_new_privs the kernel decides at exec whether a transition to an AppArmor profile or SELinux context is allowed, whenever the label was written | no order helps; a refusal fails the exec, and the receipt reads the label back |
      | L6: a child whose maps an unprivileged parent writes must stay dumpable until then | has no case: serve and everything forked from it is not dumpable, and the monitor writes the maps with the capabilities of root over the new namespace |
      | L26: identity is changed by the system calls themselves, because libc's functions speak to every thread | has no case in a plan: warden has one thread and calls the kernel directly (`native/src/child_ids.c`) |
      | L29: the listener of a filter that notifies is fetched from outside, so that the filter need not allow sendmsg | `native/src/child_ids.c` waits on the shared page, `native/src/monitor_trace.c` fetches it by pidfd_getfd. `SeccompStage` refuses SCMP_ACT_NOTIFY all the same, because nothing holds listeners yet |
      | L31: a child that nothing traces dies with its monitor, and the program does not | warden asks for the signal anew behind every change of credentials, which clears that, looks whether the monitor is there, and takes it back before the filter (`child_guard` in `native/src/child.c`): no step, so no plan can leave it out |

      ## The sections of a plan

      Stages of the compiler add steps to sections, which happen in this order:

      """;

  private LaunchOrderDocument() {}

  static String render() {
    StringBuilder out = new StringBuilder(HEAD);
    LawBook.ALL.forEach(law -> out.append(row(law)));
    out.append(TAIL);
    out.append("monitor: ").append(sections(true)).append("\n\n");
    out.append("child: ").append(sections(false)).append("\n");
    return out.toString();
  }

  private static String row(Law law) {
    List<String> cells =
        List.of(
            law.id(),
            law.name(),
            steps(law),
            law.when().text().isEmpty() ? "always" : law.when().text(),
            law.because(),
            law.reference());
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static String steps(Law law) {
    String before = law.before().text();
    String relation = "*" + law.relation().text() + "*";
    return (before + " " + relation + " " + law.after().text()).strip();
  }

  private static String sections(boolean monitor) {
    return Arrays.stream(Section.values())
        .filter(s -> s.isMonitor() == monitor)
        .map(s -> "`" + s + "`")
        .collect(Collectors.joining(", "));
  }
}
