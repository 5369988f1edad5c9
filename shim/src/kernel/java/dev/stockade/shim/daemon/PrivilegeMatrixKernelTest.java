package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.SupplementalGroupsPolicy;
import dev.stockade.shim.cli.manifest.KubeletDefaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that raise privileges, ways out, and who a program is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class PrivilegeMatrixKernelTest {
  private static final String NET_RAW = "0000000000002000";
  private static final String NOTHING = "0000000000000000";

  private ProbeNode node;
  private String plain;
  private String mapped;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = ProbeNode.start(directory);
    plain = node.pod("plain");
    mapped = node.pod("mapped", ProbeNode.userNamespace());
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private Probed programs(String pod, long user, boolean noNewPrivileges, String... dropped)
      throws Exception {
    ContainerConfig.Builder container = ProbeNode.as(user, node.container("state", "programs"));
    ProbeNode.security(container)
        .setNoNewPrivs(noNewPrivileges)
        .setCapabilities(Capability.newBuilder().addAllDropCapabilities(List.of(dropped)));
    Probed probed = node.runWithCommand(pod, container);
    assertThat(probed.of("no_new_privs")).isEqualTo(noNewPrivileges ? "1" : "0");
    return probed;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void programsRaisePrivilegesUnlessTheyMayNot(boolean userNamespace) throws Exception {
    String pod = userNamespace ? mapped : plain;
    Probed may = programs(pod, 1000, false);
    assertThat(may.of("program./probe")).isEqualTo("1000 1000");
    assertThat(may.of("program./as-other")).isEqualTo("4242 1000");
    assertThat(may.of("program./with-capability")).isEqualTo(NET_RAW);
    Probed mayNot = programs(pod, 1000, true);
    assertThat(mayNot.of("program./as-other")).isEqualTo("1000 1000");
    assertThat(mayNot.of("program./with-capability")).isEqualTo(NOTHING);
    Probed root = programs(pod, 0, true);
    assertThat(root.of("program./as-other")).isEqualTo("0 0");
  }

  /** The bounding set holds for files too (capabilities(7)). */
  @Test
  void aFileGivesNoCapabilityThatWasDropped() throws Exception {
    assertThat(programs(plain, 1000, false, "NET_RAW").of("program./with-capability"))
        .isEqualTo("EPERM");
    assertThat(programs(plain, 1000, false, "ALL").of("program./as-other")).isEqualTo("4242 1000");
  }

  private ContainerConfig.Builder asKubernetes(ContainerConfig.Builder container) {
    ProbeNode.security(container)
        .addAllMaskedPaths(KubeletDefaults.MASKED_PATHS)
        .addAllReadonlyPaths(KubeletDefaults.READ_ONLY_PATHS)
        .getSeccompBuilder()
        .setProfileType(SecurityProfile.ProfileType.RuntimeDefault);
    return container;
  }

  private static Set<String> done(Map<String, String> answers) {
    Set<String> done = new TreeSet<>();
    answers.forEach(
        (what, answer) -> {
          if (answer.equals("done")) {
            done.add(what);
          }
        });
    return done;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noWayLeadsOut(boolean userNamespace) throws Exception {
    String pod = userNamespace ? mapped : plain;
    Probed root = node.runWithCommand(pod, asKubernetes(node.container("escapes")));
    assertThat(done(root.all("escape."))).containsExactly("root.chroot");
    assertThat(done(root.all("sysctl."))).isEmpty();
    Probed nobody =
        node.runWithCommand(pod, asKubernetes(ProbeNode.as(1000, node.container("escapes"))));
    assertThat(done(nobody.all("escape."))).isEmpty();
    assertThat(done(nobody.all("sysctl."))).isEmpty();
    assertThat(root.all("escape.")).hasSizeGreaterThan(20).containsEntry("new.user", "EPERM");
  }

  /** What the attempts above are worth: with the right to it they succeed. */
  @Test
  void withTheRightTheWaysAreOpen() throws Exception {
    ContainerConfig.Builder container = node.container("escapes");
    ProbeNode.security(container)
        .setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_ADMIN"));
    Probed probed = node.runWithCommand(plain, container);
    assertThat(done(probed.all("escape.")))
        .contains(
            "mount.tmpfs",
            "mount.bind",
            "mount.fsopen",
            "mount.tree",
            "new.user",
            "new.mounts",
            "new.pids",
            "new.network",
            "new.ipc",
            "new.uts",
            "new.cgroup");
    assertThat(done(probed.all("sysctl."))).contains("kernel/core_pattern", "vm/overcommit_memory");
  }

  @Test
  void whoAProgramIs() throws Exception {
    ContainerConfig.Builder container = ProbeNode.as(1000, node.container("state"));
    ProbeNode.security(container)
        .addSupplementalGroups(5000)
        .addSupplementalGroups(6000)
        .setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict);
    container.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(777);
    container.setWorkingDir("/tmp");
    Probed probed = node.runWithCommand(plain, container);
    assertThat(probed.of("uid")).isEqualTo("1000 1000 1000");
    assertThat(probed.of("gid")).isEqualTo("1000 1000 1000");
    assertThat(probed.of("groups")).isEqualTo("1000 5000 6000");
    assertThat(probed.of("oom_score_adj")).isEqualTo("777");
    assertThat(probed.of("cwd")).isEqualTo("/tmp");
    assertThat(probed.of("umask")).isEqualTo("0022");
    assertThat(probed.of("securebits")).isEqualTo("0");
    Probed other = node.run(plain, ProbeNode.as(1000, node.container("state")));
    assertThat(probed.of("keyring")).endsWith(";_ses");
    assertThat(probed.of("keyring_label")).as("as its process").isEqualTo(selinux(probed));
    assertThat(probed.of("keyring_id"))
        .isNotEqualTo(other.of("keyring_id"))
        .isNotEqualTo(ProbeNode.onHost("state").of("keyring_id"));
    assertThat(other.all("rlimit.")).isEqualTo(probed.all("rlimit."));
  }

  /** Without SELinux there is none. */
  private static String selinux(Probed probed) {
    return Files.exists(Path.of("/sys/fs/selinux/enforce")) ? probed.of("label") : "";
  }
}
