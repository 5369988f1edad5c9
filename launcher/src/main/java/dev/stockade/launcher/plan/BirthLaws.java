package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.NEVER;
import static dev.stockade.launcher.plan.Relation.PRESENT;
import static dev.stockade.launcher.plan.Relation.THEN_ONLY;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.plan.FileSystemStep.MountFs;
import dev.stockade.launcher.plan.Law.Condition;
import java.util.List;

/** The way into a PID namespace in which others live, who may trace. */
final class BirthLaws {
  private static final Condition JOINED =
      new Condition("a PID namespace is joined", p -> p.has(JOIN_PID_NS));
  private static final Condition NOTHING_TO_KEEP =
      new Condition("a filter with `NO_NEW_PRIVS`, or none", p -> p.noNewPrivs() || !p.filtered());
  private static final Pattern FIRST_CAPSET =
      new Pattern("the first `CAPSET`", (p, i) -> i == p.first(CAPSET));
  private static final Pattern OWN_PROC =
      Pattern.where("`MOUNT_FS` of proc", MountFs.class, (p, s) -> s.type().equals("proc"));

  static final List<Law> ALL =
      List.of(
          new Law(
              "L8.1",
              "a PID namespace is joined before the birth",
              steps(JOIN_PID_NS),
              NEEDED_BEFORE,
              steps(BIRTH),
              ALWAYS,
              "setns changes the PID namespace of children only",
              "setns(2), pid_namespaces(7)"),
          new Law(
              "L8.2",
              "and who joins gives birth",
              steps(BIRTH),
              PRESENT,
              Pattern.NONE,
              JOINED,
              "the process that joined stays where it was",
              "setns(2), pid_namespaces(7)"),
          new Law(
              "L63",
              "whoever is born among others has nothing of the host's left",
              steps(BIRTH),
              THEN_ONLY,
              steps(TAKE_TERMINAL, SECCOMP, CAPSET, AMBIENT, EXEC),
              ALWAYS,
              "from its birth on, those who may trace see its root, working directory, descriptors and memory, even while it is traced and not dumpable",
              "ptrace(2), Ptrace access mode checking; proc(5)"),
          new Law(
              "L64.1",
              "capabilities are cut before the birth",
              FIRST_CAPSET,
              NEEDED_BEFORE,
              steps(BIRTH),
              ALWAYS,
              "who may trace can make it do what it still may",
              "ptrace(2), capabilities(7)"),
          new Law(
              "L64.2",
              "and none is kept over the birth but for the filter",
              LAST_CAPSET,
              BEFORE,
              steps(BIRTH),
              NOTHING_TO_KEEP,
              "who may trace can make it do what it still may",
              "ptrace(2), seccomp(2)"),
          new Law(
              "L65",
              "nobody else is born there",
              steps(MOUNT_PROC),
              BEFORE,
              steps(JOIN_PID_NS),
              ALWAYS,
              "who makes the procfs is a child, and comes from the host",
              "fork(2), pid_namespaces(7)"),
          new Law(
              "L66",
              "a container sees the processes of its PID namespace",
              OWN_PROC,
              NEVER,
              Pattern.NONE,
              JOINED,
              "a procfs shows the namespace its maker lives in, which is the host's until the birth",
              "proc(5); fs/proc/root.c, proc_init_fs_context"),
          new Law(
              "L67",
              "the terminal is the program's",
              steps(BIRTH),
              BEFORE,
              steps(TAKE_TERMINAL),
              ALWAYS,
              "the leader of its session would be gone, and the terminal with it",
              "setsid(2), ioctl_tty(2) TIOCSCTTY"));

  private BirthLaws() {}
}
