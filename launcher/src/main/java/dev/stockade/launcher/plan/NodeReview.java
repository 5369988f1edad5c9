package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.FilterFlag;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What of each kind of constraint a node can enforce, from its facts, for people. */
public final class NodeReview {
  private static final Set<String> CONTROLLERS = Set.of("cpu", "cpuset", "memory", "pids");

  private final HostFacts facts;
  private final List<Finding> findings = new ArrayList<>();

  /** How much of something there is. */
  public enum State {
    /** All of it. */
    YES,
    /** Containers that ask for it are refused, others are launched. */
    LIMITED,
    /** Nothing can be launched. */
    NO
  }

  /**
   * One thing looked at.
   *
   * @param found what there is
   * @param fix what to do where it is not all there, else empty
   */
  public record Finding(String subject, State state, String found, String fix) {}

  private NodeReview(HostFacts facts) {
    this.facts = facts;
  }

  /** Everything, what nothing can be launched without first. */
  public static List<Finding> of(HostFacts facts) {
    NodeReview review = new NodeReview(facts);
    review.floor();
    review.verification();
    review.seccomp();
    review.landlock();
    review.resources();
    review.features();
    return List.copyOf(review.findings);
  }

  private void add(String subject, boolean all, String found, String fix) {
    findings.add(new Finding(subject, all ? State.YES : State.LIMITED, found, all ? "" : fix));
  }

  private void floor() {
    List<String> missing = KernelFloor.missing(facts);
    findings.add(
        new Finding(
            "launching",
            missing.isEmpty() ? State.YES : State.NO,
            "Linux " + facts.kernelRelease() + " on " + facts.arch().label(),
            String.join("; ", missing)));
  }

  private void verification() {
    HostFacts.Tracing tracing = facts.tracing();
    add(
        "verified before exec",
        tracing.possible(),
        tracing.possible() ? "yes" : "after exec only: " + tracing.obstacle(),
        "remove the obstacle; until then a program is verified right after its exec");
  }

  private void seccomp() {
    EnumSet<Action> actions = EnumSet.allOf(Action.class);
    actions.removeAll(facts.seccompActions());
    seccomp("actions", actions.stream().map(Action::ociName));
    EnumSet<FilterFlag> flags = EnumSet.allOf(FilterFlag.class);
    flags.removeAll(facts.seccompFlags());
    seccomp("flags", flags.stream().map(FilterFlag::ociName));
  }

  private void seccomp(String what, Stream<String> lacking) {
    String missing = lacking.sorted().collect(Collectors.joining(", "));
    add(
        "seccomp " + what,
        missing.isEmpty(),
        missing.isEmpty() ? "all" : "without " + missing,
        "boot a newer kernel, or keep profiles from using them");
  }

  private void landlock() {
    add(
        "Landlock",
        facts.landlockAbi() > 0,
        "ABI " + facts.landlockAbi(),
        "boot a kernel with landlock in lsm=");
  }

  private void resources() {
    Set<String> missing = new TreeSet<>(CONTROLLERS);
    missing.removeAll(facts.cgroupControllers());
    add(
        "cgroup controllers",
        missing.isEmpty(),
        String.join(", ", new TreeSet<>(facts.cgroupControllers())),
        "give "
            + String.join(", ", missing)
            + " to cgroup2 (systemd.unified_cgroup_hierarchy=1, or Delegate= in the unit)");
    CapabilitySet all = CapabilitySet.upTo(facts.lastCapability());
    CapabilitySet lacking = all.minus(facts.bounding());
    add(
        "capabilities",
        lacking.ociNames().isEmpty(),
        lacking.ociNames().isEmpty() ? "all" : "without " + lacking,
        "run the daemon with a full bounding set; containers that ask for these are refused");
  }

  private void features() {
    add(
        "user namespaces",
        facts.namespaces().contains("user") && facts.maxUserNamespaces() > 0,
        "at most " + facts.maxUserNamespaces(),
        "raise user.max_user_namespaces; until then pods with a user namespace are refused");
    add(
        "time namespaces",
        facts.timeNamespaces(),
        facts.timeNamespaces() ? "yes" : "no",
        "boot a kernel with CONFIG_TIME_NS");
  }
}
