package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.spec.OciRlimit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  /** The limits claimed where the launch server has these. */
  private static Map<String, String> limits(SpecDraft draft, Map<String, String> ofServe)
      throws LaunchRejection {
    List<Claim> claims =
        Claims.of(draft.compile(), draft.spec()).stream()
            .filter(claim -> claim.constraint() == Constraint.PROCESS_RLIMIT)
            .toList();
    return Claims.resolve(
            claims, Map.of(), slot -> 0, name -> Optional.ofNullable(ofServe.get(name)))
        .stream()
        .collect(Collectors.toMap(Claim::subject, Claim::expected));
  }

  @Test
  void everyLimitIsClaimedOfEveryProgram() throws Exception {
    SpecDraft asks = SpecDraft.container();
    asks.rlimits.add(new OciRlimit("RLIMIT_NOFILE", 4096, 2048));
    assertThat(limits(asks, Map.of()))
        .hasSize(16)
        .containsEntry("nofile", "2048 4096")
        .containsEntry("stack", "8388608 unlimited")
        .containsEntry("core", "0 unlimited");
    assertThat(limits(SpecDraft.exec(), Map.of())).hasSize(16).containsEntry("rtprio", "0 0");
    assertThat(limits(SpecDraft.podInit(), Map.of())).hasSize(16);
  }

  /** A pod's queues have its label, whatever label its container asks for itself. */
  @Test
  void whatIsMadeForAContainerHasItsLabelAndThePodsQueuesHaveThePods() throws Exception {
    SpecDraft draft = Objects.requireNonNull(PodShapes.all().get("selinux"));
    assertThat(
            Claims.of(draft.compile(), draft.spec()).stream()
                .filter(claim -> claim.constraint() == Constraint.LSM_SELINUX_FILES)
                .collect(
                    Collectors.groupingBy(
                        claim -> claim.expected().replaceFirst(".*:s0:", ""),
                        Collectors.mapping(Claim::subject, Collectors.toList()))))
        .isEqualTo(
            Map.of("c1,c2", List.of("/", "/dev", "/dev/pts"), "c3,c4", List.of("/dev/mqueue")));
  }

  /** What is asked for is claimed whatever the server has. */
  @Test
  void whatCannotBeRaisedIsClaimedAsItIs() throws Exception {
    SpecDraft asks = SpecDraft.container();
    asks.rlimits.add(new OciRlimit("RLIMIT_CORE", 4096, 4096));
    Map<String, String> ofServe =
        Map.of("nofile", "512 512", "stack", "8388608 16777216", "core", "0 0", "cpu", "1 1");
    assertThat(limits(asks, ofServe))
        .containsEntry("nofile", "512 512")
        .containsEntry("stack", "8388608 16777216")
        .containsEntry("core", "4096 4096")
        .containsEntry("cpu", "1 1")
        .containsEntry("nice", "0 0");
  }

  /**
   * A value of the kernel's, or a name, may begin with the word that stands for a default limit.
   */
  @Test
  void onlyLimitsOfAProcessAreResolvedAsSuch() {
    List<Claim> claims =
        List.of(
            new Claim(Constraint.CGROUP_LIMIT, "io.weight", "default 100"),
            new Claim(Constraint.LSM_APPARMOR, "", "default (enforce)"),
            new Claim(Constraint.PROCESS_CWD, "", "default place"));
    assertThat(Claims.resolve(claims, Map.of(), slot -> 0, name -> Optional.of("1 1")))
        .isEqualTo(claims);
  }
}
