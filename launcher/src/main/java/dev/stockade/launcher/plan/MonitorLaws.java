package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.NEVER;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.plan.Law.Condition;
import dev.stockade.launcher.plan.MonitorStep.Clone;
import java.util.List;

/** What the monitor does around the clone. */
final class MonitorLaws {
  static final List<Law> ALL =
      List.of(
          new Law(
              "L1",
              "the cgroup namespace is made in the container's cgroup",
              Pattern.where(
                  "`CLONE` of a cgroup namespace without a cgroup",
                  Clone.class,
                  (p, s) -> (s.flags() & CloneFlags.NEWCGROUP) != 0 && s.cgroup().isEmpty()),
              NEVER,
              Pattern.NONE,
              ALWAYS,
              "the namespace's root is the cgroup its maker is in: the container would see, and could write, the monitor's",
              "cgroup_namespaces(7); one clone3 with both roots it at the target"),
          new Law(
              "L2",
              "a program is born into its cgroup",
              CLONE_OUTSIDE,
              NEVER,
              Pattern.NONE,
              PROGRAM,
              "moved there later, it would have lived without limits and device program; CLONE_INTO_CGROUP also avoids the migration lock",
              "clone(2) CLONE_INTO_CGROUP"),
          new Law(
              "L4",
              "a user namespace is entered before any other is made",
              steps(JOIN_USER_NS),
              BEFORE,
              steps(CLONE),
              ALWAYS,
              "a namespace belongs to the user namespace of its maker; owned by the host's, the container could not administer it",
              "user_namespaces(7), Interaction of user namespaces and other types"),
          new Law(
              "L33",
              "what the monitor promises to follow it can follow",
              steps(LOG, TERMINAL_LOG, EXIT_RECORD, CONTROL, MEMORY_EVENTS, STDIN),
              BEFORE,
              steps(CLONE),
              ALWAYS,
              "a monitor that cannot write its log or exit record must not have started anything",
              "design: fail closed"),
          new Law(
              "L5.1",
              "id maps are written after the clone that makes their namespace",
              steps(CLONE),
              NEEDED_BEFORE,
              steps(ID_MAPS),
              ALWAYS,
              "the maps are files of the child",
              "user_namespaces(7)"),
          new Law(
              "L5.2",
              "a new user namespace gets its maps",
              steps(ID_MAPS),
              NEEDED_BEFORE,
              steps(USER_NS_ROOT, GROUPS, GID, UID),
              new Condition("a user namespace is made", p -> p.creates(CloneFlags.NEWUSER)),
              "setgroups before gid_map is EPERM, and an id that is not mapped is EINVAL",
              "user_namespaces(7), Interaction with system calls that change process UIDs or GIDs"),
          new Law(
              "L17.1",
              "oom_score_adj is the monitor's to write",
              steps(CLONE),
              NEEDED_BEFORE,
              steps(OOM_SCORE_ADJ),
              ALWAYS,
              "in a user namespace CAP_SYS_RESOURCE does not count: the child could not lower it, and could give itself the daemon's",
              "proc_pid_oom_score_adj(5), user_namespaces(7)"),
          new Law(
              "L34",
              "a program that can be traced is, from its birth",
              steps(CLONE),
              BEFORE,
              steps(TRACE),
              ALWAYS,
              "there is nobody to seize before; the child waits for the gate, so that nothing of it is missed",
              "ptrace(2) PTRACE_SEIZE"),
          new Law(
              "L35",
              "a process that only holds namespaces is not traced",
              steps(TRACE),
              NEVER,
              Pattern.NONE,
              new Condition("no program runs", p -> !p.runsProgram()),
              "there is no exec to stop at",
              "ptrace(2) PTRACE_O_TRACEEXEC"));

  private MonitorLaws() {}
}
