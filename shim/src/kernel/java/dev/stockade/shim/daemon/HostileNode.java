package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.Platform;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A daemon of its own with hostile images, and a directory of the host that nobody may reach. */
final class HostileNode {
  final Config config;
  final CriClient client;

  /** Of the host, empty, in no container's mounts. */
  final Path outside;

  final Path directory;
  private final Path logs;
  private final Daemon daemon;
  private int serial;

  private HostileNode(Path directory, Config config) throws Exception {
    this.directory = directory;
    this.config = config;
    outside = Files.createDirectory(directory.resolve("outside"));
    logs = directory.resolve("logs");
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), logs);
  }

  /**
   * Serves when this returns.
   *
   * @param more lines of the configuration
   */
  static HostileNode start(Path directory, HostileImage images, String... more) throws Exception {
    Config config = Machine.config(directory, more);
    Path layout = images.writeTo(directory);
    try (ImageStore store =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(store.importFrom(layout, Optional.empty())).isNotEmpty();
    }
    return new HostileNode(directory, config);
  }

  /** A path like {@code ../../../tmp/x/outside}, which leaves any root by name. */
  static String escapeTo(Path path) {
    return "../".repeat(10) + path.toString().substring(1);
  }

  String pod(String name) {
    return client.run(client.pod(name));
  }

  static NamespaceOption.Builder host(NamespaceMode pid) {
    return NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(pid);
  }

  /** A container of the plain image with a name of its own. */
  ContainerConfig.Builder container(String... command) {
    return hostile(HostileImage.PLAIN, command);
  }

  /** One of the image that was added under this word. */
  ContainerConfig.Builder hostile(String word, String... command) {
    serial++;
    return client
        .container("c" + serial, command)
        .setImage(ImageSpec.newBuilder().setImage(HostileImage.name(word)));
  }

  String start(String pod, ContainerConfig.Builder container) {
    String id = client.create(pod, container);
    client.start(id);
    return id;
  }

  /** How it ended and what it said. */
  record Outcome(ContainerStatus status, String output) {}

  /** Runs a container to its end and removes it. */
  Outcome run(String pod, ContainerConfig.Builder container) throws Exception {
    String id = start(pod, container);
    ContainerStatus status = client.awaitEnd(id);
    String output = output(id);
    client.remove(id);
    return new Outcome(status, output);
  }

  /** Why a container is not created or does not start; nothing of it stays. */
  String refusal(String pod, ContainerConfig.Builder container) {
    String id;
    try {
      id = client.create(pod, container);
    } catch (StatusRuntimeException e) {
      return String.valueOf(e.getMessage());
    }
    try {
      client.start(id);
    } catch (StatusRuntimeException e) {
      client.remove(id);
      return String.valueOf(e.getMessage());
    }
    throw new AssertionError("it started: " + container);
  }

  /** The lines of a container's log that are whole, without time stamps and tags. */
  String output(String container) throws IOException {
    StringBuilder text = new StringBuilder();
    String log = log(container);
    log.substring(0, log.lastIndexOf('\n') + 1)
        .lines()
        .forEach(line -> text.append(line.split(" ", 4)[3]).append('\n'));
    return text.toString();
  }

  String log(String container) throws IOException {
    return Files.readString(Path.of(client.status(container).getLogPath()));
  }

  Path logs(String pod) {
    return logs.resolve(pod);
  }

  int serve() throws IOException {
    return Machine.servePid(config);
  }

  static int parent(int pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[1]);
  }

  /** Ends it, and nothing of it stays. */
  void end() throws Exception {
    client.removeEverything();
    client.close();
    daemon.close();
    assertThat(Machine.leftovers(config)).isEmpty();
    assertThat(outside).isEmptyDirectory();
    try (Directory all = Directory.open(directory, Resolution.BENEATH)) {
      for (Listing.Name entry : all.list(100)) {
        all.removeTree(entry.name(), Duration.ofMinutes(1));
      }
    }
  }
}
