package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/**
 * The daemon as the service of systemd that test-vm/guest/prepare has installed, and a kubelet's
 * part. Classes share it, because an emulated guest takes half a minute to start one: they are the
 * last of a run, {@link #LATE}, so that no other daemon is beside it.
 */
class InstalledService {
  static final int LATE = Integer.MAX_VALUE - 1;
  static final SystemdUnit UNIT = new SystemdUnit("stockade.service");
  private static final Path SOCKET = Path.of("/run/stockade/stockade.sock");

  private final Path logs;
  private CriClient client;
  private int serial;

  InstalledService(Path logs) {
    this.logs = logs;
    this.client = new CriClient(SOCKET, logs);
  }

  /** Starts it, with an image, unless it runs. */
  static InstalledService start(Path directory) throws Exception {
    ensure(directory);
    return new InstalledService(PodLogs.make("service-test"));
  }

  static void requireSystemd() {
    Assumptions.assumeTrue(
        Files.isDirectory(Path.of("/run/systemd/system")), "needs systemd as the first process");
  }

  static void ensure(Path directory) throws Exception {
    requireSystemd();
    if (!UNIT.property("ActiveState").equals("active")) {
      UNIT.order("start");
      Path image = directory.resolve("busybox");
      HostCommand.output("../scripts/busybox-image", image.toString());
      HostCommand.output("stockade", "images", "import", image.toString());
    }
  }

  CriClient client() {
    return client;
  }

  /** A client that has seen the daemon go waits before it tries again: there is another. */
  void reconnect() {
    client.close();
    client = new CriClient(SOCKET, logs);
  }

  static long warden() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/run/stockade/warden/serve.pid")).strip());
  }

  static long daemon() throws Exception {
    return UNIT.mainPid();
  }

  ContainerConfig.Builder shell(String text) {
    serial++;
    return client.container("c" + serial, "sh", "-c", text);
  }

  String start(String pod, ContainerConfig.Builder container) {
    String id = client.create(pod, container);
    client.start(id);
    return id;
  }

  /** What a container wrote that has ended. */
  String run(String pod, ContainerConfig.Builder container) throws Exception {
    String id = start(pod, container);
    var unused = client.awaitEnd(id);
    return output(id);
  }

  String output(String container) throws IOException {
    return Files.readString(Path.of(client.status(container).getLogPath()))
        .lines()
        .map(line -> line.split(" ", 4)[3])
        .collect(Collectors.joining("\n"));
  }

  JsonNode receipt(String container) throws IOException {
    return client.receipt(container);
  }

  /**
   * What the kernel shows for a constraint, or for one subject of it; every row is as asked, or is
   * the running program's own to change.
   */
  String shown(String container, String constraint, String subject) throws IOException {
    String found = null;
    for (JsonNode row : receipt(container).path("rows")) {
      assertThat(row.path("outcome").asText())
          .as(row.toString())
          .matches("ok.*|not comparable after exec");
      if (row.path("constraint").asText().equals(constraint)
          && row.path("subject").asText().equals(subject)) {
        found = row.path("kernel").asText();
      }
    }
    assertThat(found).as("%s of %s", constraint, receipt(container)).isNotNull();
    return Objects.requireNonNull(found);
  }

  /** Of every pod; the service runs on, for the next class. */
  void end() throws Exception {
    client.removeEverything();
    client.close();
  }
}
