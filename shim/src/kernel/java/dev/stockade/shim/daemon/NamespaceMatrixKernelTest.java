package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which namespaces a program is in, by inode, beside the node's and its neighbours'. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class NamespaceMatrixKernelTest {
  /** A network of its own needs a plugin; this one touches nothing outside the pod. */
  private static final String CONFLIST =
      """
      {"cniVersion": "1.0.0", "name": "alone", "plugins": [{"type": "loopback"}]}
      """;

  private ProbeNode node;
  private Map<String, String> host;
  private int serial;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Files.writeString(
        Files.createDirectories(directory.resolve("net.d")).resolve("10-alone.conflist"), CONFLIST);
    node = ProbeNode.start(directory);
    host = ProbeNode.onHost("state").all("namespace.");
    assertThat(host).hasSize(8);
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  /** What a pod asks for. */
  record Asked(NamespaceMode network, NamespaceMode pid, NamespaceMode ipc, boolean mapped) {
    NamespaceOption.Builder options() {
      NamespaceOption.Builder options =
          mapped ? ProbeNode.userNamespace() : NamespaceOption.newBuilder();
      return options.setNetwork(network).setPid(pid).setIpc(ipc);
    }
  }

  static Stream<Asked> pods() {
    List<Asked> pods = new ArrayList<>();
    for (NamespaceMode network : List.of(NamespaceMode.POD, NamespaceMode.NODE)) {
      for (NamespaceMode pid :
          List.of(NamespaceMode.POD, NamespaceMode.CONTAINER, NamespaceMode.NODE)) {
        for (NamespaceMode ipc : List.of(NamespaceMode.POD, NamespaceMode.NODE)) {
          pods.add(new Asked(network, pid, ipc, false));
          if (pid != NamespaceMode.NODE && ipc != NamespaceMode.NODE) {
            pods.add(new Asked(network, pid, ipc, true));
          }
        }
      }
    }
    return pods.stream();
  }

  private ContainerConfig.Builder container(NamespaceOption.Builder options) {
    ContainerConfig.Builder container = node.container("state");
    ProbeNode.security(container).setNamespaceOptions(options);
    return container;
  }

  /** Own, the pod's or the node's, from those of two containers. */
  private String whose(String kind, Probed first, Probed second) {
    String one = first.of("namespace." + kind);
    String other = second.of("namespace." + kind);
    if (one.equals(host.get(kind))) {
      assertThat(other).isEqualTo(one);
      return "node";
    }
    assertThat(other).isNotEqualTo(host.get(kind));
    return one.equals(other) ? "pod" : "container";
  }

  @ParameterizedTest
  @MethodSource("pods")
  void theyAreThoseThatWereAskedFor(Asked asked) throws Exception {
    String pod = node.pod("pod-" + ++serial, asked.options());
    String holder = node.node.start(pod, holding(asked.options()));
    Probed first = node.ofStaying(holder);
    Probed second = node.runWithCommand(pod, container(asked.options()));
    node.node.client.stop(holder, 0);
    assertThat(whose("net", first, second)).isEqualTo(word(asked.network()));
    assertThat(whose("pid", first, second)).isEqualTo(word(asked.pid()));
    assertThat(whose("ipc", first, second)).isEqualTo(word(asked.ipc()));
    assertThat(whose("user", first, second)).isEqualTo(asked.mapped() ? "pod" : "node");
    assertThat(whose("mnt", first, second)).isEqualTo("container");
    assertThat(whose("cgroup", first, second)).isEqualTo("container");
    assertThat(whose("time", first, second)).isEqualTo("node");
    assertThat(whose("uts", first, second)).isEqualTo("pod");
    assertThat(first.of("uid_map").split(" +", -1))
        .endsWith(
            asked.mapped()
                ? new String[] {"0", String.valueOf(ProbeNode.MAPPED), "65536"}
                : new String[] {"0", "0", "4294967295"});
    if (asked.pid() == NamespaceMode.CONTAINER) {
      assertThat(first.of("pid")).isEqualTo("1");
    }
    node.node.client.removePod(pod);
  }

  private static String word(NamespaceMode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  /** Runs until it is stopped, so that no inode of its namespaces is given out again. */
  private ContainerConfig.Builder holding(NamespaceOption.Builder options) {
    ContainerConfig.Builder container = node.container("stay", "state");
    ProbeNode.security(container).setNamespaceOptions(options);
    return container;
  }

  /** The kernel mounts what these need only for the owner of the namespace they show. */
  @Test
  void aUserNamespaceSharesNeitherProcessesNorIpcOfTheNode() throws Exception {
    for (Asked asked :
        List.of(
            new Asked(NamespaceMode.NODE, NamespaceMode.NODE, NamespaceMode.POD, true),
            new Asked(NamespaceMode.NODE, NamespaceMode.POD, NamespaceMode.NODE, true))) {
      assertThatThrownBy(() -> node.pod("refused", asked.options()))
          .hasMessageContaining("INVALID_ARGUMENT")
          .hasMessageContaining("is NODE beside a user namespace");
    }
  }

  @Test
  void aTargetsPidNamespaceIsShared() throws Exception {
    NamespaceOption.Builder own = HostileNode.host(NamespaceMode.CONTAINER);
    String pod = node.pod("target", own);
    String target = node.node.start(pod, holding(own));
    Probed targets = node.ofStaying(target);
    Probed beside =
        node.runWithCommand(
            pod, container(HostileNode.host(NamespaceMode.TARGET).setTargetId(target)));
    for (String kind : List.of("pid", "net", "ipc", "uts", "user")) {
      assertThat(beside.of("namespace." + kind)).isEqualTo(targets.of("namespace." + kind));
    }
    assertThat(beside.of("namespace.pid")).isNotEqualTo(host.get("pid"));
    assertThat(beside.of("namespace.mnt")).isNotEqualTo(targets.of("namespace.mnt"));
    assertThat(Integer.parseInt(beside.of("pid"))).isGreaterThan(1);
    node.node.client.stop(target, 0);
  }

  @Test
  void aPrivilegedContainerHasTheNodesCgroups() throws Exception {
    ContainerConfig.Builder container = node.container("state");
    ProbeNode.security(container).setPrivileged(true);
    Probed probed = node.runWithCommand(node.privilegedPod("privileged"), container);
    assertThat(probed.of("namespace.cgroup")).isEqualTo(host.get("cgroup"));
    assertThat(probed.of("namespace.mnt")).isNotEqualTo(host.get("mnt"));
  }
}
