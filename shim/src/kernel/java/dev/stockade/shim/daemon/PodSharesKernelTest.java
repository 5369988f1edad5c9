package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.RuntimeFeatures;
import dev.stockade.cri.v1.RuntimeHandlerFeatures;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.launcher.engine.IdMapProbe;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.plan.HostFacts;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What containers of one pod have in common, above all where it has a user namespace. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class PodSharesKernelTest {
  private static final String CONFLIST =
      """
      {"cniVersion": "1.0.0", "name": "alone", "plugins": [{"type": "loopback"}]}
      """;

  private HostileNode node;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Files.writeString(
        Files.createDirectories(directory.resolve("net.d")).resolve("10-alone.conflist"), CONFLIST);
    node = HostileNode.start(directory, new HostileImage());
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  /** A network and a user namespace of the pod's own. */
  private static NamespaceOption.Builder mapped() {
    return ProbeNode.userNamespace().setNetwork(NamespaceMode.POD);
  }

  private ContainerConfig.Builder container(NamespaceOption.Builder options, String script) {
    ContainerConfig.Builder container = node.container("sh", "-c", script);
    ProbeNode.security(container).setNamespaceOptions(options);
    return container;
  }

  @Test
  void sharedMemoryIsThePodsAndNobodyElses() throws Exception {
    NamespaceOption.Builder options = HostileNode.host(NamespaceMode.CONTAINER);
    String pod = node.pod("memory");
    String write = "echo shared >/dev/shm/of-pod && echo written; exec sleep 600";
    String writer = node.start(pod, container(options, write));
    Wait.until("the file", () -> node.output(writer).equals("written\n"));
    String read = "cat /dev/shm/of-pod; true";
    assertThat(node.run(pod, container(options, read)).output()).isEqualTo("shared\n");
    assertThat(node.run(node.pod("other"), container(options, read)).output())
        .contains("No such file");
    assertThat(Path.of("/dev/shm/of-pod")).doesNotExist();
    node.client.stop(writer, 0);
  }

  /** On the host they have other numbers; "1 0" is nobody, whom a namespace does not map. */
  @ParameterizedTest
  @CsvSource({"0 65535, 0 65535", "1000 2000, 1000 2000", "1 0, 65534 65534"})
  void pingGroupsAreThoseOfTheUserNamespace(String groups, String shown) throws Exception {
    var asked = node.client.pod("ping", mapped());
    asked.getLinuxBuilder().putSysctls("net.ipv4.ping_group_range", groups);
    String pod = node.client.run(asked);
    String show = "cat /proc/sys/net/ipv4/ping_group_range";
    assertThat(node.run(pod, container(mapped(), show)).output())
        .isEqualTo(shown.replace(' ', '\t') + "\n");
    node.client.removePod(pod);
  }

  /** A sysfs of its own network, cgroups of its own, and both are read-only. */
  @Test
  void sysfsAndCgroupsOfAUserNamespaceAreItsOwn() throws Exception {
    String pod = node.client.run(node.client.pod("sysfs", mapped()));
    String show =
        "ls /sys/class/net; grep ^0: /proc/self/cgroup;"
            + " grep -E '^[^ ]+ /sys(/fs/cgroup)? (sysfs|cgroup2) ro,' /proc/self/mounts"
            + " | cut -d' ' -f3";
    assertThat(node.run(pod, container(mapped(), show)).output())
        .isEqualTo("lo\n0::/\nsysfs\ncgroup2\n");
    node.client.removePod(pod);
  }

  /** CVE-2025-47291. */
  @Test
  void aUserNamespaceDoesNotLeaveTheCgroupOfItsPod() throws Exception {
    String pod = node.client.run(node.client.pod("cgroup", mapped()));
    String id = node.start(pod, container(mapped(), "exec sleep 600"));
    String cgroup = Files.readString(Path.of("/proc/" + node.client.pid(id) + "/cgroup"));
    assertThat(cgroup).endsWith(node.config.cgroup().parent() + "/" + pod + "/" + id + "\n");
    node.client.removePod(pod);
  }

  /** What a kubelet asks before it makes such pods. */
  @Test
  void handlersHaveTheFeaturesThatTheKernelWasSeenToHave() throws Exception {
    HostFacts facts = HostProbe.probe(Cgroup2.find());
    StatusResponse status = node.client.runtime().status(StatusRequest.getDefaultInstance());
    assertThat(status.getRuntimeHandlersList())
        .extracting(handler -> handler.getName())
        .containsExactly("", "stockade");
    boolean mappable;
    try (IdMapProbe probe = IdMapProbe.open(Machine.warden())) {
      mappable = probe.ask(node.config.root()).mappable();
    }
    RuntimeHandlerFeatures expected =
        RuntimeHandlerFeatures.newBuilder()
            .setRecursiveReadOnlyMounts(facts.recursiveReadOnly())
            .setUserNamespaces(mappable && facts.namespaces().contains("user"))
            .build();
    assertThat(expected.getUserNamespaces()).as("a kernel of today has them").isTrue();
    assertThat(status.getRuntimeHandlersList())
        .allSatisfy(handler -> assertThat(handler.getFeatures()).isEqualTo(expected));
    assertThat(status.getFeatures())
        .isEqualTo(
            RuntimeFeatures.newBuilder()
                .setSupplementalGroupsPolicy(true)
                .setUserNamespacesHostNetwork(expected.getUserNamespaces())
                .build());
  }
}
