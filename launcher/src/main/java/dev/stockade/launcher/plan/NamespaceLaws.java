package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.BEGINS;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.NEVER;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.plan.Law.Condition;
import dev.stockade.launcher.plan.NamespaceStep.JoinNs;
import java.util.List;

/** The child's birth and namespaces. */
final class NamespaceLaws {
  static final List<Law> ALL =
      List.of(
          new Law(
              "L32",
              "the child first closes what is not its own",
              steps(CLOSE_FDS),
              BEGINS,
              Pattern.NONE,
              ALWAYS,
              "a descriptor of the host's root that stays open is a way out of the container (CVE-2024-21626)",
              "close_range(2)"),
          new Law(
              "L36",
              "a user namespace is entered by the monitor",
              Pattern.where(
                  "`JOIN_NS` of a user namespace",
                  JoinNs.class,
                  (p, s) -> s.type() == CloneFlags.NEWUSER),
              NEVER,
              Pattern.NONE,
              ALWAYS,
              "joined here, the namespaces made by the clone would belong to the host's",
              "user_namespaces(7)"),
          new Law(
              "L7.2",
              "the mount namespace is joined last",
              JOIN_OTHER_NS,
              BEFORE,
              JOIN_MOUNT_NS,
              ALWAYS,
              "the container's files count from then on, and rights over the others may be gone",
              "setns(2)"),
          new Law(
              "L9.1",
              "clocks are set off in a new time namespace",
              NEW_TIME_NS,
              NEEDED_BEFORE,
              steps(TIME_OFFSETS),
              ALWAYS,
              "offsets can be written only until the first process enters the namespace, which exec does",
              "time_namespaces(7)"),
          new Law(
              "L9.2",
              "clocks are set off while the host's procfs is there and its ids count",
              steps(TIME_OFFSETS),
              BEFORE,
              Pattern.any(
                  "`USER_NS_ROOT`, `PIVOT_ROOT`, `JOIN_NS` of the mount namespace",
                  steps(USER_NS_ROOT, PIVOT_ROOT),
                  JOIN_MOUNT_NS),
              ALWAYS,
              "timens_offsets is a file of procfs that, for a process that is not dumpable, belongs to the host's root",
              "time_namespaces(7), proc(5)"),
          new Law(
              "L10.1",
              "the key label is set before the keyring is made",
              KEY_LABEL,
              BEFORE,
              steps(SESSION_KEYRING),
              ALWAYS,
              "a keyring gets its label at creation",
              "proc_pid_attr(5) keycreate"),
          new Law(
              "L10.2",
              "and cleared behind it",
              steps(SESSION_KEYRING),
              NEEDED_BEFORE,
              KEY_LABEL_CLEARED,
              ALWAYS,
              "keys of the workload would all be labelled so",
              "proc_pid_attr(5) keycreate"),
          new Law(
              "L10.3",
              "the keyring belongs to the container's root",
              steps(USER_NS_ROOT),
              BEFORE,
              steps(SESSION_KEYRING),
              ALWAYS,
              "a keyring is owned by its maker's ids and user namespace",
              "session-keyring(7)"),
          new Law(
              "L37",
              "every program has a keyring of its own",
              steps(SESSION_KEYRING),
              Relation.PRESENT,
              Pattern.NONE,
              PROGRAM,
              "session keyrings are not namespaced: the monitor's would be shared by all containers",
              "session-keyring(7)"),
          new Law(
              "L38",
              "loopback goes up only in a new network namespace",
              steps(LOOPBACK_UP),
              NEVER,
              Pattern.NONE,
              new Condition("no network namespace is made", p -> !p.creates(CloneFlags.NEWNET)),
              "somebody else administers the other ones",
              "network_namespaces(7)"),
          new Law(
              "L39",
              "in a user namespace the child becomes its root before it makes anything",
              steps(USER_NS_ROOT),
              NEEDED_BEFORE,
              steps(ATTACH, MAKE_DIR, MAKE_NODE, MAKE_SYMLINK, TERMINAL, SYSCTL, BOUNDING),
              USER_NS,
              "ids of the host are not mapped there: what they make fails with EOVERFLOW, and sysctls belong to the namespace's root",
              "user_namespaces(7), Unmapped user and group IDs"),
          new Law(
              "L40",
              "nobody becomes root of the host's user namespace",
              steps(USER_NS_ROOT),
              NEVER,
              Pattern.NONE,
              new Condition("not in a user namespace", p -> !p.inUserNamespace()),
              "the step would undo a change of user",
              "setresuid(2)"));

  private NamespaceLaws() {}
}
