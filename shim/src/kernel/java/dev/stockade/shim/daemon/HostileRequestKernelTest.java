package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.StartContainerRequest;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody who may write pods can put into a request. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class HostileRequestKernelTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keys that another runtime obeyed: CVE-2023-6476, CVE-2024-3154. */
  private static final String HOOKS = "{\"poststop\":[{\"path\":\"/bin/false\"}]}";

  private static final Map<String, String> ANNOTATIONS =
      Map.ofEntries(
          Map.entry("io.kubernetes.cri-o.userns-mode", "auto"),
          Map.entry("io.kubernetes.cri-o.Devices", "/dev/mem:/dev/mem:rwm"),
          Map.entry("io.kubernetes.cri-o.UnifiedCgroup.x", "memory.max=max"),
          Map.entry("io.kubernetes.cri.untrusted-workload", "true"),
          Map.entry("org.systemd.property.ExecStartPre", "[('/bin/sh', ['-c', 'id'], false)]"),
          Map.entry("run.oci.mount_context_type", "context"),
          Map.entry("run.oci.seccomp.receiver", "/tmp/x"),
          Map.entry("run.oci.hooks", HOOKS),
          Map.entry("run.oci.hooks.stdout", "/tmp/x"),
          Map.entry("hooks", HOOKS),
          Map.entry("oci.hooks", HOOKS),
          Map.entry("io.containers.trace-syscall", "of:/tmp/x"),
          Map.entry("container.apparmor.security.beta.kubernetes.io/c", "unconfined"),
          Map.entry("seccomp.security.alpha.kubernetes.io/pod", "unconfined"),
          Map.entry("stockade.dev/privileged", "true"));

  private HostileNode node;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage());
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getSecurityContextBuilder();
  }

  /** Annotations and labels are data: the same container comes of a request with them. */
  @Test
  void annotationsAndLabelsChangeNothing() throws Exception {
    PodSandboxConfig.Builder annotated =
        node.client.pod("annotated").putAllAnnotations(ANNOTATIONS).putAllLabels(ANNOTATIONS);
    ContainerConfig.Builder loud =
        node.container("true").putAllAnnotations(ANNOTATIONS).putAllLabels(ANNOTATIONS);
    String plainPod = node.pod("plain");
    String annotatedPod = node.client.run(annotated);
    JsonNode plain = spec(plainPod, node.container("true"));
    assertThat(spec(annotatedPod, loud)).isEqualTo(plain);
    node.client.removePod(plainPod);
    node.client.removePod(annotatedPod);
  }

  /** The spec, without what names the pod and the container. */
  private JsonNode spec(String pod, ContainerConfig.Builder container) throws Exception {
    String id = node.client.create(pod, container);
    String text =
        CriClient.info(node.client.verbose(id).getInfoMap()).path("runtimeSpec").toString();
    node.client.remove(id);
    ObjectNode spec = (ObjectNode) JSON.readTree(text.replace(id, "CONTAINER").replace(pod, "POD"));
    spec.withObject("/process").remove("env");
    return spec;
  }

  /** CVE-2023-2431: a profile that is not named must not mean none. */
  @Test
  void aLocalhostProfileWithoutANameIsRefused() {
    String pod = node.pod("profiles");
    ContainerConfig.Builder unnamed = node.container("true");
    security(unnamed)
        .setSeccomp(
            SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Localhost));
    assertThat(node.refusal(pod, unnamed)).contains("seccomp.localhost_ref");
    ContainerConfig.Builder two = node.container("true");
    security(two).setSeccomp(SecurityProfile.newBuilder().setLocalhostRef("/etc/passwd"));
    assertThat(node.refusal(pod, two)).contains("seccomp.localhost_ref");
    ContainerConfig.Builder relative = node.container("true");
    security(relative)
        .setSeccomp(
            SecurityProfile.newBuilder()
                .setProfileType(SecurityProfile.ProfileType.Localhost)
                .setLocalhostRef("../../etc/passwd"));
    assertThat(node.refusal(pod, relative)).contains("seccomp.localhost_ref");
    node.client.removePod(pod);
  }

  /** CVE-2022-0811: one value sets one parameter, and only of the pod. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "kernel.shm_rmid_forced=1+kernel.core_pattern=|/bin/sh",
        "kernel.shm_rmid_forced=1\nkernel.core_pattern=x",
        "kernel.core_pattern=x",
        "kernel/core_pattern=x",
        "net.ipv4.conf/../../../kernel/core_pattern=x",
        "net.ipv4.ip_forward=1",
        "kernel.shm_rmid_forced\n=1"
      })
  void aSysctlIsOneOfThePodsOwn(String setting) {
    int equals = setting.indexOf('=');
    PodSandboxConfig.Builder pod = node.client.pod("sysctl");
    pod.getLinuxBuilder().putSysctls(setting.substring(0, equals), setting.substring(equals + 1));
    assertThatThrownBy(() -> node.client.run(pod)).isInstanceOf(StatusRuntimeException.class);
    assertThat(pods()).isEmpty();
  }

  private List<PodSandbox> pods() {
    return node.client
        .runtime()
        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
        .getItemsList();
  }

  /** CVE-2019-16884, CVE-2019-19921: nothing is mounted over procfs but files known for it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc",
        "/proc/",
        "//proc/./",
        "/proc/self",
        "/proc/self/attr",
        "/proc/sys/kernel",
        "/"
      })
  void procfsIsNotCovered(String target) {
    String pod = node.pod("covered");
    ContainerConfig.Builder container =
        node.container("true")
            .addMounts(
                Mount.newBuilder().setContainerPath(target).setHostPath(node.outside.toString()));
    assertThat(node.refusal(pod, container)).contains("mounts[0].container_path");
    node.client.removePod(pod);
  }

  @Test
  void aRequestHasABoundedSize() {
    PodSandboxConfig.Builder pod = node.client.pod("large");
    pod.putAnnotations("k", "v".repeat(17 << 20));
    assertThatThrownBy(() -> node.client.run(pod))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("RESOURCE_EXHAUSTED");
    pod.clearAnnotations();
    for (int i = 0; i < 100_000; i++) {
      pod.putAnnotations("key" + i, "value");
    }
    assertThatThrownBy(() -> node.client.run(pod))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("annotations");
    assertThat(pods()).isEmpty();
  }

  /** Whenever its client leaves, a call is done or undone. */
  @Test
  void aCancelledCallLeavesAllOrNothing() throws Exception {
    int given = 0;
    int step = 4 * Wait.PATIENCE;
    for (int milliseconds = 1; milliseconds < 30 * step; milliseconds += step) {
      PodSandboxConfig.Builder pod = node.client.pod("cancelled" + milliseconds);
      try {
        String id =
            node.client
                .runtime()
                .withDeadlineAfter(milliseconds, TimeUnit.MILLISECONDS)
                .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
                .getPodSandboxId();
        given++;
        cancelStart(id, milliseconds);
      } catch (StatusRuntimeException e) {
        assertThat(e).hasMessageContaining("DEADLINE_EXCEEDED");
      }
    }
    System.out.printf("%d of 30 pods were given%n", given);
    assertThat(given).isBetween(1, 29);
    Path records = node.config.root().resolve("pods");
    Wait.until("no call is under way", () -> pods().size() == recorded(records));
    assertThat(pods())
        .allSatisfy(pod -> assertThat(pod.getState()).isEqualTo(PodSandboxState.SANDBOX_READY));
    node.client.removeEverything();
    assertThat(names(records)).isEmpty();
    assertThat(names(node.config.runDir().resolve("pods"))).isEmpty();
  }

  private static long recorded(Path directory) {
    return names(directory).stream().filter(name -> name.endsWith(".json")).count();
  }

  private static List<String> names(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? List.of() : List.of(names);
  }

  private void cancelStart(String pod, int milliseconds) throws Exception {
    String container = node.client.create(pod, node.container("sleep", "600"));
    try {
      var unused =
          node.client
              .runtime()
              .withDeadlineAfter(milliseconds, TimeUnit.MILLISECONDS)
              .startContainer(StartContainerRequest.newBuilder().setContainerId(container).build());
    } catch (StatusRuntimeException e) {
      assertThat(e).hasMessageContaining("DEADLINE_EXCEEDED");
    }
    node.client.removePod(pod);
    assertThat(
            node.client
                .runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList())
        .isEmpty();
  }
}
