package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.Daemon;
import dev.stockade.shim.daemon.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A daemon of a test's own, and a kubelet that talks to it. */
final class GuestDaemon implements AutoCloseable {
  final CriClient client;
  private final Config config;
  private final Daemon daemon;
  private int serial;

  private GuestDaemon(Config config, Daemon daemon, CriClient client) {
    this.config = config;
    this.daemon = daemon;
    this.client = client;
  }

  /**
   * Starts one.
   *
   * @param more lines of its configuration
   */
  static GuestDaemon start(Path directory, String... more) throws Exception {
    Config config = Machine.config(directory, more);
    Machine.importBusybox(directory, config);
    Daemon daemon = Daemon.start(config, Machine.warden(), "test");
    return new GuestDaemon(
        config, daemon, new CriClient(config.socket(), directory.resolve("logs")));
  }

  /** How a container ended and what it said. */
  record Outcome(ContainerStatus status, String output) {}

  /** A container with a name of its own that runs a shell's text, with no path masked or fixed. */
  ContainerConfig.Builder shell(String text) {
    serial++;
    return client.container("c" + serial, "sh", "-c", text);
  }

  static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getSecurityContextBuilder();
  }

  String start(String pod, ContainerConfig.Builder container) {
    String id = client.create(pod, container);
    client.start(id);
    return id;
  }

  Outcome run(String pod, ContainerConfig.Builder container) throws Exception {
    String id = start(pod, container);
    ContainerStatus status = client.awaitEnd(id);
    return new Outcome(status, output(id));
  }

  /** A pod whose containers share a PID namespace. */
  String sharedPod(String name) {
    return client.run(
        client.pod(
            name,
            NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(NamespaceMode.POD)));
  }

  /** The lines of a container's log without time stamps and tags. */
  String output(String container) throws IOException {
    return Files.readString(Path.of(client.status(container).getLogPath()))
        .lines()
        .map(line -> line.split(" ", 4)[3])
        .collect(Collectors.joining("\n"));
  }

  JsonNode receipt(String container) throws IOException {
    return client.receipt(container);
  }

  /** What the kernel shows for a constraint of which there is one; it is as asked. */
  String shown(String container, String constraint) throws IOException {
    for (JsonNode row : receipt(container).path("rows")) {
      if (row.path("constraint").asText().equals(constraint)) {
        assertThat(row.path("outcome").asText()).as(row.toString()).isEqualTo("ok");
        return row.path("kernel").asText();
      }
    }
    throw new AssertionError("no row " + constraint + " in " + receipt(container));
  }

  StatusResponse status() {
    return client.runtime().status(StatusRequest.newBuilder().setVerbose(true).build());
  }

  JsonNode facts() throws IOException {
    return json(status().getInfoMap().get("hostFacts"));
  }

  private static JsonNode json(@Nullable String text) throws IOException {
    return new ObjectMapper().readTree(Objects.requireNonNull(text));
  }

  @Override
  public void close() throws IOException {
    client.removeEverything();
    client.close();
    daemon.close();
    assertThat(Machine.leftovers(config)).isEmpty();
  }
}
