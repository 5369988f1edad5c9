package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.PortMapping;
import dev.stockade.shim.config.Config;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods on a bridge that the distribution's own CNI plugins make. The daemon, and so the bridge, is
 * in a network namespace of the test.
 */
@Timeout(180)
class BridgeNetworkKernelTest {
  private static final List<String> OWN_NETWORK =
      List.of("unshare", "--net", "sh", "-c", "ip link set lo up; exec \"$@\"", "sh");

  private static final String CONFLIST =
      """
      {"cniVersion": "1.0.0", "name": "bridged", "plugins": [
        {"type": "bridge", "bridge": "pods0", "isGateway": true, "hairpinMode": true,
         "ipam": {"type": "host-local", "dataDir": "%s/ipam",
                  "ranges": [[{"subnet": "10.88.77.0/24"}]]}},
        {"type": "portmap", "capabilities": {"portMappings": true}}]}
      """;

  private Path directory;
  private Config config;
  private DaemonProcess daemon;
  private CriClient client;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Files.writeString(
        Files.createDirectory(directory.resolve("net.d")).resolve("10-bridged.conflist"),
        CONFLIST.formatted(directory));
    Machine.importBusybox(directory, config);
    daemon = DaemonProcess.start(directory, config, OWN_NETWORK);
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterEach
  void end() throws Exception {
    if (daemon == null) {
      return;
    }
    try {
      client.removeEverything();
      client.close();
      daemon.end();
    } finally {
      daemon.kill();
    }
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  private PodSandboxConfig.Builder bridged(String name) {
    return client.pod(
        name,
        NamespaceOption.newBuilder().setNetwork(NamespaceMode.POD).setPid(NamespaceMode.CONTAINER));
  }

  private String container(String pod, String name, String... command) {
    String id = client.create(pod, client.container(name, command));
    client.start(id);
    return id;
  }

  private String address(String pod) {
    return client
        .runtime()
        .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).build())
        .getStatus()
        .getNetwork()
        .getIp();
  }

  @Test
  void podsReachEachOtherAndLeaveNothing() throws Exception {
    PortMapping port = PortMapping.newBuilder().setContainerPort(8080).setHostPort(18080).build();
    String server = client.run(bridged("server").addPortMappings(port));
    container(server, "www", "httpd", "-f", "-p", "8080", "-h", "/etc");
    String visitor = client.run(bridged("visitor"));
    String shell = container(visitor, "shell", "sleep", "600");
    assertThat(address(server)).startsWith("10.88.77.");
    assertThat(address(visitor)).startsWith("10.88.77.").isNotEqualTo(address(server));
    assertThat(namesOfFiles("ipam/bridged")).contains(address(server), address(visitor));

    Wait.until("the server to listen", () -> fetch(shell, address(server) + ":8080").isPresent());
    assertThat(fetch(shell, address(server) + ":8080")).get().asString().contains("root:");
    assertThat(fetch(shell, "10.88.77.1:18080")).as("by the mapped port").isPresent();
    assertThat(inNetwork("ip", "-o", "link", "show", "type", "veth").lines()).hasSize(2);

    client.removePod(server);
    client.removePod(visitor);
    assertThat(inNetwork("ip", "-o", "link", "show", "type", "veth")).isEmpty();
    assertThat(inNetwork("iptables-save", "-t", "nat")).doesNotContain("18080");
    assertThat(namesOfFiles("ipam/bridged")).noneMatch(name -> name.startsWith("10."));
  }

  /** A file of the server's, as a process in this one's network sees it; empty if it does not. */
  private Optional<String> fetch(String container, String from) {
    String url = "http://" + from + "/passwd";
    ExecSyncResponse said = client.exec(container, 20, "wget", "-q", "-O", "-", url);
    return said.getExitCode() == 0
        ? Optional.of(said.getStdout().toStringUtf8())
        : Optional.empty();
  }

  private List<String> namesOfFiles(String path) throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve(path))) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  private String inNetwork(String... command) throws Exception {
    Said said = inNetworkOf(daemon.pid(), command);
    assertThat(said.status()).as(said.text()).isZero();
    return said.text();
  }

  private record Said(int status, String text) {}

  private static Said inNetworkOf(long pid, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("nsenter", "--net=/proc/" + pid + "/ns/net");
    builder.command().addAll(List.of(command));
    Process process = builder.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), text);
  }
}
