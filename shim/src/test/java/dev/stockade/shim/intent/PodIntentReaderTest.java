package dev.stockade.shim.intent;

import static dev.stockade.shim.intent.Requests.pod;
import static dev.stockade.shim.intent.Requests.read;
import static dev.stockade.shim.intent.Requests.refusedFields;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.DNSConfig;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PortMapping;
import dev.stockade.cri.v1.Protocol;
import dev.stockade.cri.v1.WindowsPodSandboxConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodIntentReaderTest {
  private static PodSandboxConfig.Builder sysctl(String name, String value) {
    return pod().setLinux(LinuxPodSandboxConfig.newBuilder().putSysctls(name, value));
  }

  @Test
  void readsAPlainRequest() throws IntentRejection {
    PodIntent intent =
        read(
            pod()
                .setDnsConfig(DNSConfig.newBuilder().addServers("10.0.0.10").addSearches("svc."))
                .addPortMappings(PortMapping.newBuilder().setContainerPort(80))
                .addPortMappings(
                    PortMapping.newBuilder()
                        .setProtocol(Protocol.UDP)
                        .setContainerPort(53)
                        .setHostPort(5353)
                        .setHostIp("::1"))
                .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent("/kubepods/pod1")));
    assertThat(intent.name().name()).isEqualTo("web");
    assertThat(intent.namespaces()).isEqualTo(NamespaceIntent.POD);
    assertThat(intent.ports()).containsExactly(new PodIntent.PortMapping("udp", 53, 5353, "::1"));
    assertThat(intent.cgroupParent()).isEqualTo("/kubepods/pod1");
  }

  @Test
  void reportsEveryProblemAtOnce() {
    assertThat(
            refusedFields(
                PodSandboxConfig.newBuilder()
                    .setWindows(WindowsPodSandboxConfig.getDefaultInstance())
                    .setHostname("two\nlines")
                    .setLogDirectory("var/log")
                    .addPortMappings(PortMapping.newBuilder().setContainerPort(70000))
                    .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent("/../x"))))
        .containsExactly(
            "windows",
            "metadata.name",
            "hostname",
            "log_directory",
            "port_mappings[0]",
            "linux.cgroup_parent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kernel.shm_rmid_forced",
        "kernel/msgmax",
        "fs.mqueue.msg_max",
        "net.ipv4.ip_forward",
        "net/ipv4/conf/eth0.100/forwarding"
      })
  void acceptsNamespacedSysctls(String name) {
    assertThat(refusedFields(sysctl(name, "1"))).isEmpty();
  }

  @Test
  void writesSysctlNamesWithDots() throws IntentRejection {
    assertThat(read(sysctl("net/ipv4/conf/eth0.100/forwarding", "1")).sysctls())
        .containsExactly(Map.entry("net.ipv4.conf.eth0/100.forwarding", "1"));
    assertThat(read(sysctl("net.ipv4.conf.eth0/100.forwarding", "1")).sysctls())
        .containsExactly(Map.entry("net.ipv4.conf.eth0/100.forwarding", "1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kernel.core_pattern",
        "vm.overcommit_memory",
        "kernel.msgmax.x",
        "net",
        "net..ipv4",
        "net.ipv4/../../kernel.core_pattern",
        "/net/core",
        "kernel.shmmax+kernel.core_pattern"
      })
  void refusesOtherSysctls(String name) {
    assertThat(refusedFields(sysctl(name, "1"))).containsExactly("linux.sysctls['" + name + "']");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1\nkernel.core_pattern=x", "1\0", "1\r"})
  void refusesSysctlValuesThatAreNotOneLine(String value) {
    assertThat(refusedFields(sysctl("kernel.msgmax", value)))
        .isNotEmpty()
        .containsOnly("linux.sysctls['kernel.msgmax']");
  }

  @Test
  void sysctlsNeedANamespaceOfThePod() {
    LinuxPodSandboxConfig.Builder linux =
        LinuxPodSandboxConfig.newBuilder()
            .putSysctls("net.core.somaxconn", "1")
            .setSecurityContext(
                LinuxSandboxSecurityContext.newBuilder()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE)));
    assertThat(refusedFields(pod().setLinux(linux)))
        .containsExactly("linux.sysctls['net.core.somaxconn']");
  }

  @Test
  void resolvConfLinesHoldOneThingEach() {
    assertThat(
            refusedFields(
                pod()
                    .setDnsConfig(
                        DNSConfig.newBuilder()
                            .addServers("10.0.0.10\nnameserver 6.6.6.6")
                            .addServers("dns.example")
                            .addServers("fe80::1%eth0")
                            .addSearches("a b")
                            .addSearches("cluster.local")
                            .addOptions("ndots:5")
                            .addOptions("ndots:5\n"))))
        .containsExactly(
            "dns_config.servers[0]",
            "dns_config.servers[1]",
            "dns_config.searches[0]",
            "dns_config.options[1]");
  }

  @Test
  void aPodHasNoTarget() {
    assertThat(
            refusedFields(
                pod(
                    LinuxSandboxSecurityContext.newBuilder()
                        .setNamespaceOptions(
                            NamespaceOption.newBuilder()
                                .setPid(NamespaceMode.TARGET)
                                .setTargetId("a".repeat(64))))))
        .containsExactly("linux.security_context.namespace_options.pid");
  }
}
