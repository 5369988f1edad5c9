package dev.stockade.shim.daemon;

import static dev.stockade.shim.daemon.SilentLosses.FILTER;
import static dev.stockade.shim.daemon.SilentLosses.SECURITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.TextFormat;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.daemon.SilentLosses.Refused;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Constraints that other runtimes are known to lose without a word: each is refused by its field,
 * or in force and in the receipt. docs/constraints.md has the whole list.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class SilentLossKernelTest {
  /** No key switches a security module off; these are all that say anything of one. */
  private static final String[] LENIENT = {
    "[apparmor]",
    "unset_profile = \"unconfined\"",
    "[seccomp]",
    "unset_profile = \"unconfined\"",
    "[degradation]",
    "oom_score_adj = \"report\"",
    "apparmor_mode = \"report\"",
    "session_keyring = \"report\"",
    "selinux_mode = \"report\""
  };

  private HostFacts facts;
  private Path directory;
  private Scene scene;
  private Scene lenient;

  /** A daemon, and a pod of its own namespaces and one with the host's. */
  private record Scene(HostileNode node, String pod, String hosts) {
    static Scene start(Path directory, String... more) throws Exception {
      HostileNode node =
          HostileNode.start(Files.createDirectory(directory), new HostileImage(), more);
      String hosts =
          node.client.run(
              node.client.pod(
                  "hosts", HostileNode.host(NamespaceMode.NODE).setIpc(NamespaceMode.NODE)));
      return new Scene(node, node.pod("losses"), hosts);
    }
  }

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    facts = HostProbe.probe(Cgroup2.find());
    // Of two dialects; the second is decided by what the container may do.
    profile("unknown", "{'names': ['opne'], 'action': 'SCMP_ACT_ERRNO'}");
    profile("allowed", "{'names': ['opne'], 'action': 'SCMP_ACT_ALLOW'}");
    profile(
        "docker",
        "{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO',"
            + " 'excludes': {'caps': ['CAP_SYS_ADMIN']}}");
    scene = Scene.start(directory.resolve("strict"));
    lenient = Scene.start(directory.resolve("lenient"), LENIENT);
  }

  private void profile(String name, String rule) throws Exception {
    String json = "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [%s]}".formatted(rule);
    Files.writeString(directory.resolve(name + ".json"), json.replace('\'', '"'));
  }

  @AfterAll
  void end() throws Exception {
    if (scene != null) {
      scene.node.end();
    }
    if (lenient != null) {
      lenient.node.end();
    }
  }

  private static Stream<Arguments> onBoth(List<Refused> rows) {
    return rows.stream()
        .flatMap(row -> Stream.of(Arguments.of(row, false), Arguments.of(row, true)));
  }

  static Stream<Arguments> refusedContainers() {
    return onBoth(SilentLosses.ofContainers());
  }

  static Stream<Arguments> refusedPods() {
    return onBoth(SilentLosses.ofPods());
  }

  @ParameterizedTest(name = "{0}, lenient: {1}")
  @MethodSource("refusedContainers")
  void aContainerIsRefused(Refused asked, boolean onLenient) throws Exception {
    assumeMissing(asked);
    Scene on = onLenient ? lenient : scene;
    String pod = asked.besideTheHosts() ? on.hosts : on.pod;
    refused(asked, () -> on.node.client.createAsIs(pod, container(on, asked.change(), "true")));
  }

  @ParameterizedTest(name = "{0}, lenient: {1}")
  @MethodSource("refusedPods")
  void aPodIsRefused(Refused asked, boolean onLenient) throws Exception {
    assumeMissing(asked);
    Scene on = onLenient ? lenient : scene;
    PodSandboxConfig.Builder refused = on.node.client.pod("refused");
    TextFormat.merge(asked.change(), refused);
    refused(asked, () -> on.node.client.run(refused));
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

  private ContainerConfig.Builder container(Scene on, String change, String... command)
      throws Exception {
    ContainerConfig.Builder container = on.node.container(command);
    TextFormat.merge(
        SECURITY.formatted("namespace_options { pid: CONTAINER network: NODE }"), container);
    TextFormat.merge(change.replace("@", directory.toString()), container);
    return container;
  }

  /** What a receipt has of a constraint, by subject. */
  private static Map<String, String> told(JsonNode receipt, String constraint) {
    Map<String, String> rows = new TreeMap<>();
    for (JsonNode row : receipt.path("rows")) {
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
    CriClient client = scene.node.client;
    String id = client.createAsIs(scene.pod, container(scene, asked.change(), "sleep", "600"));
    client.start(id);
    assertThat(told(client.receipt(id), asked.constraint())).isEqualTo(asked.shown());
    client.remove(id);
  }

  /** Its conditions decide: what a container without the capability may not do, one with it may. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aProfileOfTheOtherDialectIsUnderstood(boolean capable) throws Exception {
    String capability = capable ? "capabilities { add_capabilities: 'SYS_ADMIN' } " : "";
    String change = SECURITY.formatted(capability + FILTER.formatted("docker"));
    HostileNode.Outcome outcome =
        scene.node.run(scene.pod, container(scene, change, "mkdir", "/tmp/made"));
    assertThat(outcome.status().getExitCode()).isEqualTo(capable ? 0 : 1);
  }

  @Test
  void anAllowedCallThatNobodyKnowsIsToldInTheStatus() throws Exception {
    String change = SECURITY.formatted(FILTER.formatted("allowed"));
    String id = scene.node.client.createAsIs(scene.pod, container(scene, change, "true"));
    JsonNode shown = CriClient.info(scene.node.client.verbose(id).getInfoMap());
    assertThat(shown.path("seccompProfile").path("warnings").toString()).contains("opne");
    scene.node.client.remove(id);
  }

  /** Kubernetes says that a privileged container is under none of these; so does its status. */
  @Test
  void whatAPrivilegedContainerIsWithoutIsToldInTheStatus() throws Exception {
    CriClient client = scene.node.client;
    PodSandboxConfig.Builder asked = client.pod("privileged");
    TextFormat.merge(SECURITY.formatted("privileged: true"), asked);
    String pod = client.run(asked);
    String change =
        SECURITY.formatted(
            "privileged: true masked_paths: '/proc/keys' readonly_paths: '/proc/sys'"
                + " apparmor { profile_type: RuntimeDefault } "
                + FILTER.formatted("docker"));
    String id = client.createAsIs(pod, container(scene, change, "sleep", "600"));
    client.start(id);
    assertThat(told(client.receipt(id), "seccomp.mode")).containsEntry("", "disabled");
    JsonNode surprises = CriClient.info(client.verbose(id).getInfoMap()).path("surprises");
    Map<String, String> told = new TreeMap<>();
    surprises.forEach(one -> told.put(one.path("field").asText(), one.path("text").asText()));
    for (String field : List.of("seccomp", "apparmor", "masked_paths", "readonly_paths")) {
      assertThat(told)
          .containsEntry(
              "linux.security_context." + field,
              "has no effect, because the container is privileged");
    }
    client.removePod(pod);
  }

  /** Whatever is asked of the one process that a pod has of its own. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "readonly_rootfs: true",
        "readonly_rootfs: false seccomp { profile_type: Unconfined }",
        "seccomp { profile_type: RuntimeDefault }",
        "seccomp { profile_type: Localhost localhost_ref: '/profile.json' }",
        "privileged: true seccomp { profile_type: RuntimeDefault }",
        "privileged: true apparmor { profile_type: Unconfined } run_as_user { value: 0 }"
      })
  void thePodsOwnProcessIsConfinedFurther(String change) throws Exception {
    CriClient client = scene.node.client;
    PodSandboxConfig.Builder asked = client.pod("own", HostileNode.host(NamespaceMode.POD));
    TextFormat.merge(SECURITY.formatted(change), asked);
    String pod = client.run(asked);
    JsonNode receipt = ofInit(pod);
    assertThat(told(receipt, "mounts.root")).containsValue("ro");
    assertThat(told(receipt, "seccomp.mode")).containsEntry("", "filter");
    assertThat(told(receipt, "no-new-privs")).containsEntry("", "1");
    assertThat(told(receipt, "user.uid")).containsEntry("", "65535 65535 65535 65535");
    for (String set : List.of("bounding", "permitted", "ambient")) {
      assertThat(told(receipt, "capabilities." + set)).containsEntry("", "0000000000000000");
    }
    client.removePod(pod);
  }

  private JsonNode ofInit(String pod) throws IOException {
    PodSandboxStatusRequest request =
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).setVerbose(true).build();
    return new ObjectMapper()
        .readTree(
            scene.node.client.runtime().podSandboxStatus(request).getInfoOrThrow("receipt.init"));
  }
}
