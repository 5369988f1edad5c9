package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciRlimit;
import dev.stockade.launcher.spec.OciSpec;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Cgroup, kernel parameters and names, resource limits, and what else is a number. */
final class LimitStage {
  private static final int MAX_OOM_SCORE = 1000;
  private static final int DEFAULT_UMASK = 0022;
  private static final int MAX_UMASK = 0777;
  private static final int MAX_HOST_NAME = 64;

  private final Draft draft;

  private LimitStage(Draft draft) {
    this.draft = draft;
  }

  /** Where the process is born, and that its limits can be in force there. */
  static void planCgroup(Draft draft, OciLinux linux) {
    Problems problems = draft.problems;
    HostFacts facts = draft.request.facts();
    if (facts.cgroupMount().isEmpty()) {
      problems.add("linux.cgroupsPath", "cgroup2 is not mounted on this node", "mount cgroup2");
    }
    if (linux.cgroupsPath().isEmpty()) {
      problems.add("linux.cgroupsPath", "is missing", "name the cgroup the process is born into");
    } else if (ContainerPath.parse("linux.cgroupsPath", linux.cgroupsPath(), problems)
        .filter(String::isEmpty)
        .isPresent()) {
      problems.add("linux.cgroupsPath", "is the root of all cgroups", "name a cgroup beneath it");
    }
    draft.placeIn(draft.supply(new FdSource.CgroupDirectory()));
    if (facts.cgroupControllers().contains("memory")) {
      draft.add(
          Section.FOLLOW, new MonitorStep.MemoryEvents(draft.supply(new FdSource.MemoryEvents())));
    }
    DeviceRuleReview.check(linux.resources(), problems);
    for (String file : CgroupSettings.of(linux.resources(), problems).keySet()) {
      String controller = file.substring(0, file.indexOf('.'));
      if (!facts.cgroupControllers().contains(controller)
          && !draft.mayDegrade(Constraint.CGROUP_LIMIT)) {
        problems.add(
            "linux.resources",
            file
                + " needs the cgroup2 controller "
                + controller
                + ", which this node does not have",
            "enable it, or set cgroup.missing_controllers = \"report\"");
      }
    }
  }

  static void planProcess(Draft draft, OciProcess process) {
    LimitStage stage = new LimitStage(draft);
    Integer umask = process.user().umask();
    stage.umask(umask == null ? DEFAULT_UMASK : umask);
    stage.rlimits(process.rlimits());
    stage.oomScore(process);
  }

  /** What the pod's init gets. */
  static void planInit(Draft draft, OciProcess process) {
    LimitStage stage = new LimitStage(draft);
    stage.umask(DEFAULT_UMASK);
    stage.oomScore(process);
  }

  private void umask(int mask) {
    if (mask < 0 || mask > MAX_UMASK) {
      draft.problems.add("process.user.umask", "is no mask of permission bits", "use 0 to 0777");
    }
    draft.add(Section.LIMITS, new ProcessStep.Umask(mask));
  }

  private void rlimits(List<OciRlimit> limits) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < limits.size(); i++) {
      OciRlimit limit = limits.get(i);
      String field = "process.rlimits[" + i + "]";
      OptionalInt number = Rlimits.number(limit.type());
      if (number.isEmpty() || !seen.add(limit.type())) {
        draft.problems.add(
            field + ".type",
            "\"" + limit.type() + "\" is no resource limit, or is there twice",
            "write it as in RLIMIT_NOFILE");
        continue;
      }
      if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
        draft.problems.add(field, "the soft limit is above the hard one", "lower it");
      }
      Tolerance tolerance =
          Tolerance.of(draft.mayDegrade(Constraint.PROCESS_RLIMIT), Tolerance.EPERM);
      draft.add(
          Section.LIMITS,
          new ProcessStep.Rlimit(number.getAsInt(), limit.soft(), limit.hard(), tolerance));
    }
  }

  private void oomScore(OciProcess process) {
    Integer score = process.oomScoreAdj();
    if (score == null) {
      return;
    }
    if (score < -MAX_OOM_SCORE || score > MAX_OOM_SCORE) {
      draft.problems.add("process.oomScoreAdj", score + " is out of bounds", "use -1000 to 1000");
    }
    Tolerance tolerance =
        Tolerance.of(draft.mayDegrade(Constraint.PROCESS_OOM_SCORE_ADJ), Tolerance.EACCES);
    draft.add(Section.ATTEND, new MonitorStep.OomScoreAdj(score, tolerance));
  }

  /**
   * Names and parameters of new namespaces are set; those of joined ones are somebody else's and
   * only claimed.
   */
  static void planKernelNames(Draft draft, OciSpec spec, OciLinux linux) {
    LimitStage stage = new LimitStage(draft);
    if (stage.settable("hostname", spec.hostname())) {
      draft.add(Section.KERNEL_NAMES, new ProcessStep.Hostname(spec.hostname()));
    }
    if (stage.settable("domainname", spec.domainname())) {
      draft.add(Section.KERNEL_NAMES, new ProcessStep.Domainname(spec.domainname()));
    }
    linux.sysctl().forEach(stage::sysctl);
  }

  private boolean settable(String field, String name) {
    if (name.isEmpty() || !draft.problems.text(field, name)) {
      return false;
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_HOST_NAME) {
      draft.problems.add(field, "is longer than 64 bytes", "the kernel takes no more: shorten it");
    }
    if (draft.namespaces.isHost(NamespaceKind.UTS)) {
      draft.problems.add(
          field, "would rename the host", "list a UTS namespace, or leave the name out");
    }
    return draft.namespaces.makes(NamespaceKind.UTS);
  }

  private void sysctl(String name, String value) {
    Problems problems = draft.problems;
    Sysctls.path(name, problems).ifPresent(path -> sysctl("linux.sysctl." + name, path, value));
  }

  private void sysctl(String field, String path, String value) {
    if (!draft.problems.text(field, value)) {
      return;
    }
    if (value.isBlank()) {
      draft.problems.add(field, "has no value", "give one");
      return;
    }
    NamespaceKind owner = Sysctls.owner(path).orElse(null);
    if (owner == null || draft.namespaces.isHost(owner)) {
      String where = owner == null ? "whole node" : "host's " + owner.ociName() + " namespace";
      draft.problems.add(field, "is a setting of the " + where, "set it on the node, or remove it");
    } else if (draft.namespaces.makes(owner)) {
      draft.add(Section.KERNEL_NAMES, new ProcessStep.Sysctl(draft.privateProc(), path, value));
    }
  }
}
