package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerUser;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.SupplementalGroupsPolicy;
import dev.stockade.shim.image.TarBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The status of a container says who its program is: what the program itself finds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class EffectiveUserKernelTest {
  private static final String IMAGE = "groups";

  /** The image says that carol is in two groups besides her own, and who the program is. */
  private static final TarBuilder FILES =
      new TarBuilder()
          .mode(0644)
          .file("etc/passwd", "root:x:0:0::/:/bin/sh\ncarol:x:1001:1500::/:/bin/sh\n")
          .file("etc/group", "root:x:0:\nown:x:1500:\nblue:x:1600:carol\nred:x:1700:dan,carol\n");

  private HostileNode node;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage().add(IMAGE, ",'User':'carol'", FILES));
    pod = node.pod("users");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  /** What is asked beside the policy, and who the program is under Merge and under Strict. */
  record Asked(String change, long uid, long gid, List<Long> merged, List<Long> strict) {
    @Override
    public String toString() {
      return change.isEmpty() ? "nothing" : change;
    }
  }

  static Stream<Asked> asked() {
    String more = "supplemental_groups: [ 1600, 5000 ] ";
    return Stream.of(
        new Asked("", 1001, 1500, List.of(1500L, 1600L, 1700L), List.of(1500L)),
        new Asked(
            more, 1001, 1500, List.of(1500L, 1600L, 1700L, 5000L), List.of(1500L, 1600L, 5000L)),
        new Asked(
            more + "run_as_user { value: 1001 } run_as_group { value: 7 }",
            1001,
            7,
            List.of(7L, 1600L, 1700L, 5000L),
            List.of(7L, 1600L, 5000L)),
        new Asked(
            "run_as_username: 'carol'", 1001, 1500, List.of(1500L, 1600L, 1700L), List.of(1500L)),
        new Asked(
            more + "run_as_user { value: 4242 }",
            4242,
            0,
            List.of(0L, 1600L, 5000L),
            List.of(0L, 1600L, 5000L)));
  }

  @ParameterizedTest
  @MethodSource("asked")
  void imageGroupsAreMerged(Asked asked) throws Exception {
    check(asked, SupplementalGroupsPolicy.Merge, asked.merged());
  }

  @ParameterizedTest
  @MethodSource("asked")
  void imageGroupsAreLeftOutWhereThePolicyIsStrict(Asked asked) throws Exception {
    check(asked, SupplementalGroupsPolicy.Strict, asked.strict());
  }

  private void check(Asked asked, SupplementalGroupsPolicy policy, List<Long> groups)
      throws Exception {
    ContainerConfig.Builder container =
        node.hostile(IMAGE, "grep", "-E", "^([UG]id|Groups):", "/proc/self/status");
    TextFormat.merge(SilentLosses.SECURITY.formatted(asked.change()), container);
    ProbeNode.security(container)
        .setSupplementalGroupsPolicy(policy)
        .setNamespaceOptions(HostileNode.host(NamespaceMode.CONTAINER));
    HostileNode.Outcome outcome = node.run(pod, container);
    LinuxContainerUser user = outcome.status().getUser().getLinux();
    assertThat(user.getUid()).isEqualTo(asked.uid());
    assertThat(user.getGid()).isEqualTo(asked.gid());
    assertThat(user.getSupplementalGroupsList()).containsExactlyInAnyOrderElementsOf(groups);
    List<String> said = outcome.output().lines().map(line -> line.replaceAll("\\s+", " ")).toList();
    String uid = " " + asked.uid();
    String gid = " " + asked.gid();
    List<String> ascending = groups.stream().sorted().map(String::valueOf).toList();
    assertThat(said)
        .containsExactly(
            "Uid:" + uid.repeat(4),
            "Gid:" + gid.repeat(4),
            "Groups: " + String.join(" ", ascending) + " ");
  }
}
