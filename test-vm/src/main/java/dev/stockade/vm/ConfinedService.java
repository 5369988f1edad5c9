package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SELinuxOption;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.shim.daemon.CriClient;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/**
 * The daemon as a service in its SELinux domain, which is enforced, and a kubelet's part. Classes
 * share it, because an emulated guest takes half a minute to start one: they are the last of a run,
 * {@link #LATE}, so that no other daemon is beside it.
 */
final class ConfinedService {
  static final int LATE = Integer.MAX_VALUE - 1;

  /** Whether the policy lets the daemon trace what it starts. */
  static final String TRACING = "stockade_trace_containers";

  static final String DOMAIN = "system_u:system_r:stockade_t:s0";
  private static final Path SOCKET = Path.of("/run/stockade/stockade.sock");
  private static final Path DROP_IN = Path.of("/etc/stockade/config.toml.d/selinux-test.toml");
  private static final SystemdUnit UNIT = new SystemdUnit("stockade.service");

  private final Path logs;
  private CriClient client;
  private int serial;

  private ConfinedService(Path logs) {
    this.logs = logs;
    this.client = new CriClient(SOCKET, logs);
  }

  /** Starts it as test-vm/guest/prepare has installed it, with an image, unless it runs. */
  static ConfinedService start(Path directory) throws Exception {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/sys/fs/selinux/enforce")),
        "needs SELinux in the kernel, with security=selinux selinux=1 on its command line");
    assertThat(Path.of("/sys/fs/selinux/enforce")).hasContent("1");
    if (!UNIT.property("ActiveState").equals("active")) {
      UNIT.order("start");
      Path image = directory.resolve("busybox");
      HostCommand.output("../scripts/busybox-image", image.toString());
      HostCommand.output("stockade", "images", "import", image.toString());
    }
    return new ConfinedService(PodLogs.make("selinux-test"));
  }

  CriClient client() {
    return client;
  }

  /**
   * Restarts it with more lines of configuration. A client that has seen the daemon go waits before
   * it tries again: there is another.
   */
  void restart(String... lines) throws Exception {
    Files.createDirectories(DROP_IN.getParent());
    Files.writeString(DROP_IN, String.join("\n", lines) + "\n");
    UNIT.order("restart");
    client.close();
    client = new CriClient(SOCKET, logs);
  }

  static String context(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/attr/current")).replace("\0", "").strip();
  }

  static long daemon() throws Exception {
    return UNIT.mainPid();
  }

  static long warden() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/run/stockade/warden/serve.pid")).strip());
  }

  ContainerConfig.Builder shell(String text) {
    serial++;
    return client.container("c" + serial, "sh", "-c", text);
  }

  /** Why a call was refused for what it asks, or for what the node is. */
  static String refusal(Runnable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refused).isNotNull();
    assertThat(refused.getStatus().getCode())
        .isIn(Status.Code.FAILED_PRECONDITION, Status.Code.INVALID_ARGUMENT);
    return String.valueOf(refused.getMessage());
  }

  static SELinuxOption.Builder options(ContainerConfig.Builder container) {
    return GuestDaemon.security(container).getSelinuxOptionsBuilder();
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

  /** What the node says of itself. */
  String conditions() {
    return client
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getStatus()
        .getConditionsList()
        .toString();
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

  /** Of every pod; and of the daemon itself if it is not as installed, which the next one is. */
  void end() throws Exception {
    client.removeEverything();
    client.close();
    if (Files.deleteIfExists(DROP_IN)) {
      UNIT.order("stop");
    }
  }
}
