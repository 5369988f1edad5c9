package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices made, opened and found in /dev, with the rights of the container's device program. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class DeviceMatrixKernelTest {
  /** What every program expects: null, zero, full, random, urandom, tty, console, ptmx. */
  private static final Set<String> EXPECTED =
      Set.of("c1:3", "c1:5", "c1:7", "c1:8", "c1:9", "c5:0", "c5:1", "c5:2", "c136:0");

  private static final Set<String> NAMES =
      Set.of("null", "zero", "full", "random", "urandom", "tty");

  /** A device of every Linux that is none of those. */
  private static final String LOG = "c1:11";

  private ProbeNode node;
  private String plain;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = ProbeNode.start(directory);
    plain = node.pod("plain");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private static void requireOpen(Probed probed, String way, Set<String> open, Set<String> all) {
    Map<String, String> answers = probed.all("device." + way + ".");
    assertThat(answers.keySet()).isEqualTo(all);
    answers.forEach(
        (device, answer) -> {
          if (open.contains(device)) {
            assertThat(answer).as("%s %s", way, device).isNotEqualTo("EPERM");
          } else {
            assertThat(answer).as("%s %s", way, device).isEqualTo("EPERM");
          }
        });
  }

  @Test
  void nodesCanBeMadeAndOnlyTheHarmlessOpened() throws Exception {
    Probed probed = node.runWithCommand(plain, node.container("devices"));
    Map<String, String> made = probed.all("device.make.");
    assertThat(made).hasSizeGreaterThan(20).containsKey(LOG);
    assertThat(Set.copyOf(made.values())).containsExactly("done");
    requireOpen(probed, "read", EXPECTED, made.keySet());
    requireOpen(probed, "write", EXPECTED, made.keySet());
    assertThat(probed.done("device.read.c1:3")).isTrue();
    assertThat(probed.all("dev.open.").keySet()).containsExactlyInAnyOrderElementsOf(NAMES);
    for (String name : NAMES) {
      assertThat(probed.of("dev." + name)).contains(" 0666 0:0");
      assertThat(probed.of("dev.open." + name)).isEqualTo(name.equals("tty") ? "ENXIO" : "done");
    }
  }

  /** With every capability the program still has only its devices. */
  @Test
  void capabilitiesOpenNoDevice() throws Exception {
    ContainerConfig.Builder container = node.container("devices");
    ProbeNode.security(container)
        .setCapabilities(Capability.newBuilder().addAddCapabilities("ALL"));
    Probed probed = node.runWithCommand(plain, container);
    requireOpen(probed, "read", EXPECTED, probed.all("device.make.").keySet());
  }

  @Test
  void withoutTheRightNoNodeIsMade() throws Exception {
    ContainerConfig.Builder dropped = node.container("devices");
    ProbeNode.security(dropped)
        .setCapabilities(Capability.newBuilder().addDropCapabilities("MKNOD"));
    Probed root = node.runWithCommand(plain, dropped);
    Probed mapped =
        node.runWithCommand(
            node.pod("mapped", ProbeNode.userNamespace()), node.container("devices"));
    for (Probed probed : List.of(root, mapped)) {
      assertThat(Set.copyOf(probed.all("device.make.").values())).containsExactly("EPERM");
      Map<String, String> found = new TreeMap<>(probed.all("dev.open."));
      assertThat(found.remove("tty")).isEqualTo("ENXIO");
      assertThat(Set.copyOf(found.values())).containsExactly("done");
      assertThat(found).hasSize(NAMES.size() - 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"r", "w", "m", "rw", "rwm"})
  void aDeviceHasTheRightsThatWereAskedFor(String rights) throws Exception {
    ContainerConfig.Builder container = node.container("devices");
    container.addDevices(
        Device.newBuilder()
            .setHostPath("/dev/kmsg")
            .setContainerPath("/dev/log-of-kernel")
            .setPermissions(rights));
    ProbeNode.security(container)
        .setCapabilities(Capability.newBuilder().addAddCapabilities("SYSLOG"));
    Probed probed = node.runWithCommand(plain, container);
    assertThat(probed.of("device.make." + LOG)).isEqualTo("done");
    assertThat(probed.of("device.read." + LOG)).isEqualTo(rights.contains("r") ? "done" : "EPERM");
    assertThat(probed.of("device.write." + LOG)).isEqualTo(rights.contains("w") ? "done" : "EPERM");
    assertThat(probed.of("dev.log-of-kernel")).startsWith(LOG + " ");
    assertThat(probed.of("dev.open.log-of-kernel"))
        .isEqualTo(rights.startsWith("rw") ? "done" : "EPERM");
  }

  @Test
  void aPrivilegedContainerHasTheNodes() throws Exception {
    Probed probed = privileged(node.privilegedPod("privileged"));
    assertThat(probed.of("device.read." + LOG)).isEqualTo("done");
    assertThat(probed.all("dev.open.").keySet()).contains("kmsg").containsAll(NAMES);
    assertThat(probed.of("device.terminal")).isEqualTo("done");
  }

  /** Those of the host, which belong to nobody it knows, and a terminal of its own. */
  @Test
  void aPrivilegedContainerOfAUserNamespaceHasTheNodesThatItCanOpen() throws Exception {
    Probed probed = privileged(node.privilegedPod("privileged-mapped", ProbeNode.userNamespace()));
    assertThat(Set.copyOf(probed.all("device.make.").values())).containsExactly("EPERM");
    Set<String> open = new TreeSet<>(NAMES);
    for (String device : ContextNode.devices().keySet()) {
      if (device.lastIndexOf('/') == "/dev".length() && ContextNode.open(device)) {
        open.add(device.substring("/dev/".length()));
      }
    }
    // A link, to that of its own devpts.
    open.remove("ptmx");
    assertThat(probed.all("dev.open.").keySet()).isEqualTo(open);
    assertThat(probed.of("dev.null")).isEqualTo("c1:3 0666 65534:65534");
    assertThat(probed.done("dev.open.null")).isTrue();
    assertThat(probed.of("device.terminal")).isEqualTo("done");
  }

  /** Root of the host can open them all, each takes a descriptor, and a launch has so many. */
  @Test
  void whereTheNodesAreTooManyForAUserNamespaceTheRefusalNamesTheKey() {
    int devices = ContextNode.devices().size();
    Assumptions.assumeTrue(devices > 240, "the host has no more than 240 devices: " + devices);
    ContainerConfig.Builder container = node.container("devices");
    ProbeNode.security(container).setPrivileged(true);
    String pod = node.privilegedPod("privileged-root", ProbeNode.userNamespace(0));
    assertThat(node.node.refusal(pod, container))
        .contains("descriptors are more than the 240 a launch can have")
        .contains("privileged.host_devices = false");
  }

  /** What it then has is what every container has: a right to make nodes and none to open them. */
  @Test
  void withoutHostDevicesAPrivilegedContainerHasThoseOfEveryContainer(@TempDir Path directory)
      throws Exception {
    ProbeNode other = ProbeNode.start(directory, "[privileged]", "host_devices = false");
    try {
      ContainerConfig.Builder container = other.container("devices");
      ProbeNode.security(container).setPrivileged(true);
      Probed probed = other.runWithCommand(other.privilegedPod("privileged"), container);
      Map<String, String> made = probed.all("device.make.");
      assertThat(Set.copyOf(made.values())).containsExactly("done");
      assertThat(made).containsKey(LOG);
      requireOpen(probed, "read", EXPECTED, made.keySet());
      requireOpen(probed, "write", EXPECTED, made.keySet());
      assertThat(probed.all("dev.open.").keySet()).isEqualTo(NAMES);
      assertThat(probed.of("device.terminal")).isEqualTo("done");
    } finally {
      other.end();
    }
  }

  private Probed privileged(String pod) throws Exception {
    ContainerConfig.Builder container = node.container("devices");
    ProbeNode.security(container).setPrivileged(true);
    return node.runWithCommand(pod, container);
  }
}
