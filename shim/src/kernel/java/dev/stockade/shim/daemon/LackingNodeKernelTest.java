package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.shim.cli.CommandLineRun;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A node whose daemon has been started without some capabilities. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class LackingNodeKernelTest {
  /** Bits of CAP_SYS_TIME and CAP_SYS_BOOT, capabilities(7). */
  private static final long LACKING = 1L << 25 | 1L << 22;

  private Path directory;
  private Config config;
  private DaemonProcess daemon;
  private CriClient client;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    daemon =
        DaemonProcess.start(
            directory, config, List.of("setpriv", "--bounding-set=-sys_time,-sys_boot"));
    client = new CriClient(config.socket(), directory.resolve("logs"));
    PodSandboxConfig.Builder privileged = client.pod("lacking");
    privileged.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    pod = client.run(privileged);
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.end();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private ContainerConfig.Builder container(Capability.Builder capabilities) {
    ContainerConfig.Builder container =
        client.container("asks", "sh", "-c", "grep CapBnd /proc/self/status; exec sleep 600");
    container.getLinuxBuilder().getSecurityContextBuilder().setCapabilities(capabilities);
    return container;
  }

  @ParameterizedTest
  @ValueSource(strings = {"SYS_TIME", "cap_sys_time", "CAP_SYS_BOOT"})
  void oneAskedForByNameIsRefusedByName(String name) {
    for (Capability.Builder asked :
        List.of(
            Capability.newBuilder().addAddCapabilities(name),
            Capability.newBuilder().addAddCapabilities("ALL").addAddCapabilities(name),
            Capability.newBuilder().addAddAmbientCapabilities(name))) {
      refusedByName(name, container(asked));
      ContainerConfig.Builder privileged = container(asked);
      privileged.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
      refusedByName(name, privileged);
    }
  }

  private void refusedByName(String name, ContainerConfig.Builder container) {
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> client.create(pod, container));
    assertThat(refused).isNotNull();
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    String plain = name.toUpperCase(java.util.Locale.ROOT).replace("CAP_", "");
    assertThat(refused)
        .hasMessageContaining("linux.security_context.capabilities")
        .hasMessageContaining("the daemon itself does not have " + plain + "; ");
  }

  /** Whoever asks has more than the daemon. */
  @ParameterizedTest
  @CsvSource({"SYS_TIME, 1", "SYS_ADMIN, 0"})
  void explainGoesByWhatTheDaemonHas(String name, int code) throws Exception {
    assertThat(Long.parseUnsignedLong(ProbeNode.onHost("state").of("bounding"), 16) & LACKING)
        .isEqualTo(LACKING);
    Path manifest =
        Files.writeString(
            directory.resolve("asks.yaml"),
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: asks}
            spec:
              hostNetwork: true
              containers:
                - name: c
                  image: busybox:local
                  command: ["true"]
                  securityContext: {capabilities: {add: [%s]}}
            """
                .formatted(name));
    CommandLineRun run =
        CommandLineRun.of(
            Map.of("STOCKADE_WARDEN", Machine.warden().toString()),
            "--config=" + directory.resolve("config.toml"),
            "explain",
            manifest.toString());
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(code);
    assertThat(run.out().contains("the daemon itself does not have SYS_TIME")).isEqualTo(code != 0);
  }

  @Test
  void allIsAllThatTheDaemonHas() throws Exception {
    String id = client.create(pod, container(Capability.newBuilder().addAddCapabilities("ALL")));
    client.start(id);
    long bounding = Long.parseUnsignedLong(ProbeNode.onHost("state").of("bounding"), 16);
    String expected = "%016x".formatted(bounding & ~LACKING);
    assertThat(shown(id)).isEqualTo(expected);
    assertThat(CriClient.info(client.verbose(id).getInfoMap()).path("surprises").toString())
        .contains("ALL is without ", "SYS_TIME", "SYS_BOOT");
    client.remove(id);
  }

  private String shown(String id) throws Exception {
    for (var row : client.receipt(id).path("rows")) {
      if (row.path("constraint").asText().equals("capabilities.bounding")) {
        return row.path("kernel").asText();
      }
    }
    throw new AssertionError("no row capabilities.bounding");
  }
}
