package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.FilterFlag;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class NodeReviewTest {
  private static final Set<String> NAMESPACES =
      Set.of("mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time");

  private static List<Finding> review(
      String release,
      CapabilitySet bounding,
      Set<String> controllers,
      Set<Action> actions,
      Set<FilterFlag> flags) {
    return NodeReview.of(
        new HostFacts(
            release,
            Arch.AARCH64,
            40,
            bounding,
            CapabilitySet.upTo(40),
            Set.of(),
            true,
            true,
            HostFacts.Tracing.POSSIBLE,
            Optional.of(Path.of("/sys/fs/cgroup")),
            controllers,
            true,
            NAMESPACES,
            KernelFloor.FILE_SYSTEMS,
            4711,
            Optional.empty(),
            true,
            true,
            true,
            6,
            0,
            actions,
            flags));
  }

  private static Finding of(String subject, List<Finding> findings) {
    return findings.stream().filter(f -> f.subject().equals(subject)).findFirst().orElseThrow();
  }

  @Test
  void aNodeWithEverythingHasNothingToDo() {
    List<Finding> findings =
        review(
            "6.12.1",
            CapabilitySet.upTo(40),
            Set.of("cpu", "cpuset", "memory", "pids"),
            EnumSet.allOf(Action.class),
            EnumSet.allOf(FilterFlag.class));
    assertThat(findings)
        .allSatisfy(
            finding -> {
              assertThat(finding.state()).as(finding.subject()).isEqualTo(State.YES);
              assertThat(finding.fix()).isEmpty();
            });
    assertThat(of("user namespaces", findings).found()).isEqualTo("at most 4711");
  }

  @Test
  void whatIsMissingIsNamedWithWhatToDo() {
    List<Finding> findings =
        review(
            "6.1.0",
            CapabilitySet.upTo(40).minus(CapabilitySet.of(Capability.SYS_RESOURCE)),
            Set.of("hugetlb"),
            Set.of(Action.KILL_PROCESS, Action.ERRNO, Action.ALLOW),
            Set.of(FilterFlag.LOG));
    assertThat(of("launching", findings).state()).isEqualTo(State.NO);
    assertThat(of("launching", findings).fix()).contains("6.12");
    assertThat(of("cgroup controllers", findings).state()).isEqualTo(State.LIMITED);
    assertThat(of("cgroup controllers", findings).fix()).contains("cpu, cpuset, memory, pids");
    assertThat(of("capabilities", findings).found()).contains("SYS_RESOURCE");
    assertThat(of("seccomp actions", findings).found()).contains("SCMP_ACT_NOTIFY");
    assertThat(of("seccomp flags", findings).found())
        .isEqualTo(
            "without SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC, "
                + "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
  }
}
