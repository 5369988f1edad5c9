package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.plan.FileSystemStep.MakeNode;
import dev.stockade.launcher.plan.FileSystemStep.MountFs;
import dev.stockade.launcher.plan.IdentityStep.Capset;
import dev.stockade.launcher.plan.Law.Condition;
import dev.stockade.launcher.plan.MonitorStep.Clone;
import dev.stockade.launcher.plan.NamespaceStep.JoinNs;
import dev.stockade.launcher.plan.NamespaceStep.Unshare;
import dev.stockade.launcher.plan.ProcessStep.Chdir;
import dev.stockade.launcher.plan.ProcessStep.LsmAttribute;
import java.util.Set;

/** The patterns and conditions that several laws use. */
final class LawTerms {
  static final Condition ALWAYS = Condition.ALWAYS;
  static final Condition PROGRAM = new Condition("a program runs", PlanView::runsProgram);
  static final Condition USER_NS = new Condition("in a user namespace", PlanView::inUserNamespace);
  static final Condition CONFINED = new Condition("`NO_NEW_PRIVS` is there", PlanView::noNewPrivs);
  static final Condition PRIVILEGES =
      new Condition(
          "a program runs without `NO_NEW_PRIVS`", p -> p.runsProgram() && !p.noNewPrivs());
  static final Condition PRIVILEGED_FILTER =
      new Condition("a filter without `NO_NEW_PRIVS`", p -> p.filtered() && !p.noNewPrivs());

  static final Pattern JOIN_MOUNT_NS =
      Pattern.where(
          "`JOIN_NS` of the mount namespace", JoinNs.class, (p, s) -> s.type() == CloneFlags.NEWNS);
  static final Pattern JOIN_OTHER_NS =
      Pattern.where("`JOIN_NS` of another", JoinNs.class, (p, s) -> s.type() != CloneFlags.NEWNS);
  static final Pattern NEW_TIME_NS =
      Pattern.where(
          "`UNSHARE` of the time namespace",
          Unshare.class,
          (p, s) -> (s.flags() & CloneFlags.NEWTIME) != 0);
  static final Pattern KERNEL_FS =
      Pattern.any(
          "`MOUNT_FS` of proc or sysfs, `MOUNT_PROC`",
          Pattern.where("", MountFs.class, (p, s) -> Set.of("proc", "sysfs").contains(s.type())),
          Pattern.steps(StepCode.MOUNT_PROC));
  static final Pattern BOUND_FS =
      Pattern.where(
          "`MOUNT_FS` of sysfs, mqueue or cgroup2",
          MountFs.class,
          (p, s) -> Set.of("sysfs", "mqueue", "cgroup2").contains(s.type()));
  static final Pattern DEVICE_NODE =
      Pattern.where(
          "`MAKE_NODE` of a device", MakeNode.class, (p, s) -> (s.mode() & 0170000) != 0010000);
  static final Pattern EXEC_LABEL =
      Pattern.where(
          "`LSM_ATTRIBUTE` of an exec label",
          LsmAttribute.class,
          (p, s) -> s.name().endsWith("exec"));
  static final Pattern KEY_LABEL =
      Pattern.where(
          "`LSM_ATTRIBUTE` keycreate with a label",
          LsmAttribute.class,
          (p, s) -> s.name().equals("keycreate") && !s.value().isEmpty());
  static final Pattern KEY_LABEL_CLEARED =
      Pattern.where(
          "`LSM_ATTRIBUTE` keycreate without",
          LsmAttribute.class,
          (p, s) -> s.name().equals("keycreate") && s.value().isEmpty());
  static final Pattern FIRST_CHDIR =
      Pattern.where("`CHDIR` that may yet fail", Chdir.class, (p, s) -> s.last() == 0);
  static final Pattern FINAL_CHDIR =
      Pattern.where("`CHDIR` that must succeed", Chdir.class, (p, s) -> s.last() != 0);
  static final Pattern FIRST_CAPSET_WITH_ADMIN =
      new Pattern(
          "the first `CAPSET`, with CAP_SYS_ADMIN effective",
          (p, i) ->
              i == p.first(StepCode.CAPSET)
                  && p.step(i) instanceof Capset c
                  && c.effective().contains(Capability.SYS_ADMIN));
  static final Pattern CAPSET_WITHOUT_ADMIN =
      Pattern.where(
          "`CAPSET` without CAP_SYS_ADMIN effective",
          Capset.class,
          (p, s) -> !s.effective().contains(Capability.SYS_ADMIN));
  static final Pattern LAST_CAPSET =
      new Pattern("the last `CAPSET`", (p, i) -> i == p.last(StepCode.CAPSET));
  static final Pattern LAST_CLOSE =
      new Pattern("the last `CLOSE_FDS`", (p, i) -> i == p.last(StepCode.CLOSE_FDS));
  static final Pattern CLONE_OUTSIDE =
      Pattern.where("`CLONE` without a cgroup", Clone.class, (p, s) -> s.cgroup().isEmpty());

  private LawTerms() {}
}
