package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.TextFormat;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.plan.HostFacts;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Constraints that other runtimes are known to lose without a word: each is refused by its field,
 * or in force and in the receipt. docs/constraints.md has the whole list.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class SilentLossKernelTest {
  private static final String SECURITY = "linux { security_context { %s } }";
  private static final String FILTER =
      "seccomp { profile_type: Localhost localhost_ref: '@/%s.json' }";

  private HostFacts facts;
  private HostileNode node;
  private Path directory;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    facts = HostProbe.probe(Cgroup2.find());
    // Of two dialects; the second is decided by what the container may do.
    profile("unknown", "{'names': ['opne'], 'action': 'SCMP_ACT_ERRNO'}");
    profile(
        "docker",
        "{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO',"
            + " 'excludes': {'caps': ['CAP_SYS_ADMIN']}}");
    node = HostileNode.start(directory, new HostileImage());
    pod = node.pod("losses");
  }

  private void profile(String name, String rule) throws Exception {
    String json = "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [%s]}".formatted(rule);
    Files.writeString(directory.resolve(name + ".json"), json.replace('\'', '"'));
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  /** What is asked for in the text form of protocol buffers, and the field of the refusal. */
  record Refused(String what, String change, String field) {
    @Override
    public String toString() {
      return what;
    }
  }

  static List<Refused> refusedContainers() {
    String security = "linux.security_context.";
    return List.of(
        new Refused(
            "a profile without AppArmor in the kernel",
            SECURITY.formatted("apparmor { profile_type: RuntimeDefault }"),
            security + "apparmor"),
        new Refused(
            "a profile by name without AppArmor in the kernel",
            SECURITY.formatted("apparmor_profile: 'localhost/mine'"),
            security + "apparmor"),
        new Refused(
            "a type without SELinux in the kernel",
            SECURITY.formatted("selinux_options { type: 'container_t' }"),
            security + "selinux_options"),
        new Refused(
            "a level without SELinux in the kernel",
            SECURITY.formatted("selinux_options { level: 's0:c1,c2' }"),
            security + "selinux_options"),
        new Refused(
            "a capability that nobody knows",
            SECURITY.formatted("capabilities { add_capabilities: 'NET_ADMlN' }"),
            security + "capabilities.add_capabilities[0]"),
        new Refused(
            "a denied call that nobody knows",
            SECURITY.formatted(FILTER.formatted("unknown")),
            security + "seccomp.localhost_ref"),
        new Refused(
            "a source that is not there",
            "mounts { container_path: '/m' host_path: '@/none' }",
            "mounts[0].host_path"));
  }

  static List<Refused> refusedPods() {
    return List.of(
        new Refused(
            "a parameter of the whole node",
            "linux { sysctls { key: 'vm.swappiness' value: '1' } }",
            "linux.sysctls['vm.swappiness']"),
        new Refused(
            "a level of the pod without SELinux in the kernel",
            SECURITY.formatted("selinux_options { level: 's0:c1,c2' }"),
            "linux.security_context.selinux_options"));
  }

  @ParameterizedTest
  @MethodSource("refusedContainers")
  void aContainerIsRefused(Refused asked) throws Exception {
    assumeMissing(asked);
    refused(asked, () -> node.client.createAsIs(pod, container(asked.change(), "true")));
  }

  @ParameterizedTest
  @MethodSource("refusedPods")
  void aPodIsRefused(Refused asked) throws Exception {
    assumeMissing(asked);
    PodSandboxConfig.Builder refused = node.client.pod("refused");
    TextFormat.merge(asked.change(), refused);
    refused(asked, () -> node.client.run(refused));
  }

  private void assumeMissing(Refused asked) {
    Assumptions.assumeFalse(
        asked.what().contains("without AppArmor") && facts.appArmor(),
        "needs a kernel without AppArmor");
    Assumptions.assumeFalse(
        asked.what().contains("without SELinux") && facts.seLinux(),
        "needs a kernel without SELinux");
  }

  private static void refused(Refused asked, ThrowingCallable request) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, request);
    assertThat(refused).as("%s is refused", asked.what()).isNotNull();
    assertThat(refused).hasMessageContaining(asked.field() + ": ").hasMessageContaining("; ");
  }

  private ContainerConfig.Builder container(String change, String... command) throws Exception {
    ContainerConfig.Builder container = node.container(command);
    TextFormat.merge(
        SECURITY.formatted("namespace_options { pid: CONTAINER network: NODE }"), container);
    TextFormat.merge(change.replace("@", directory.toString()), container);
    return container;
  }

  /** What a container's receipt has of a constraint, by subject. */
  private Map<String, String> told(String container, String constraint) throws Exception {
    Map<String, String> rows = new TreeMap<>();
    for (JsonNode row : node.client.receipt(container).path("rows")) {
      if (row.path("constraint").asText().equals(constraint)) {
        assertThat(row.path("outcome").asText()).isEqualTo("ok");
        rows.put(row.path("subject").asText(), row.path("kernel").asText());
      }
    }
    return rows;
  }

  /** What is asked for, and what the receipt then shows of one constraint. */
  record InForce(String what, String change, String constraint, Map<String, String> shown) {
    @Override
    public String toString() {
      return what;
    }
  }

  static List<InForce> inForce() {
    return List.of(
        new InForce(
            "ambient capabilities",
            SECURITY.formatted(
                "run_as_user { value: 1000 }"
                    + " capabilities { add_ambient_capabilities: 'NET_BIND_SERVICE' }"),
            "capabilities.ambient",
            Map.of("", "0000000000000400")),
        new InForce("no masks, as asked", "", "mounts.masked", Map.of()),
        new InForce(
            "these masks and no others",
            SECURITY.formatted("masked_paths: '/proc/keys'"),
            "mounts.masked",
            Map.of("/proc/keys", "masked")));
  }

  @ParameterizedTest
  @MethodSource("inForce")
  void itIsInForceAndInTheReceipt(InForce asked) throws Exception {
    String id = node.client.createAsIs(pod, container(asked.change(), "sleep", "600"));
    node.client.start(id);
    assertThat(told(id, asked.constraint())).isEqualTo(asked.shown());
    node.client.remove(id);
  }

  /** Its conditions decide: what a container without the capability may not do, one with it may. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aProfileOfTheOtherDialectIsUnderstood(boolean capable) throws Exception {
    String capability = capable ? "capabilities { add_capabilities: 'SYS_ADMIN' } " : "";
    String id =
        node.client.createAsIs(
            pod,
            container(
                SECURITY.formatted(capability + FILTER.formatted("docker")), "mkdir", "/tmp/made"));
    node.client.start(id);
    assertThat(node.client.awaitEnd(id).getExitCode()).isEqualTo(capable ? 0 : 1);
    node.client.remove(id);
  }
}
