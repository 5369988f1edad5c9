package dev.stockade.shim.daemon;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A node with some pods and containers on it, for requests that must be refused. */
final class RefusalScene {
  private static final String KNOWN_CALLS =
      """
      {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["%s"], "action": "%s"}]}
      """;

  private static final String INDEX =
      """
      {"schemaVersion": 2, "manifests": [{"digest": "sha256:%s", "size": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json"}]}
      """;

  final CriClient client;
  final Path directory;

  /** A pod with the host's network whose containers have PID namespaces of their own. */
  final String pod;

  /** A pod without a log directory. */
  final String unlogged;

  final String stopped;
  final String running;
  final String created;
  final String ended;

  RefusalScene(CriClient client, Path directory) throws Exception {
    this.client = client;
    this.directory = directory;
    files();
    pod = client.run(client.pod("base"));
    unlogged = client.run(client.pod("unlogged").clearLogDirectory());
    running = client.create(pod, client.container("running", "sleep", "600"));
    client.start(running);
    created = client.create(pod, client.container("created", "true"));
    ended = client.create(pod, client.container("ended", "true"));
    client.start(ended);
    client.awaitEnd(ended);
    stopped = client.run(client.pod("stopped"));
    client.stopPod(stopped);
  }

  private void files() throws Exception {
    Files.writeString(directory.resolve("plain"), "no device, no directory\n");
    profile("unknown-call.json", "opne", "SCMP_ACT_ERRNO");
    profile("unknown-action.json", "open", "SCMP_ACT_PERMIT");
    profile("listener.json", "open", "SCMP_ACT_NOTIFY");
    Files.writeString(directory.resolve("no.json"), "{");
    Files.writeString(directory.resolve("large.json"), " ".repeat(9 << 20));
    layout("hollow", null);
    layout("forged", "{}");
    Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
    Path logs = Files.createDirectories(directory.resolve("logs/base"));
    Files.createDirectories(logs.resolve("directory.log"));
    Files.createSymbolicLink(logs.resolve("link.log"), Path.of("/etc/passwd"));
    Files.createSymbolicLink(logs.resolve("linked"), Path.of("/tmp"));
    Files.writeString(logs.resolve("file"), "");
  }

  /** An OCI layout of one image, whose manifest is a file of that content, or is not there. */
  private void layout(String name, @Nullable String manifest) throws Exception {
    String digest = "0".repeat(64);
    Path layout = Files.createDirectories(directory.resolve(name));
    Path blobs = Files.createDirectories(layout.resolve("blobs/sha256"));
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\": \"1.0.0\"}");
    Files.writeString(layout.resolve("index.json"), INDEX.formatted(digest));
    if (manifest != null) {
      Files.writeString(blobs.resolve(digest), manifest);
    }
  }

  private void profile(String name, String call, String action) throws Exception {
    Files.write(
        directory.resolve(name),
        KNOWN_CALLS.formatted(call, action).getBytes(StandardCharsets.UTF_8));
  }

  /** Removes what a request made that was to be refused, so that the others can fail alone. */
  void forget() {
    var runtime = client.runtime();
    runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList().stream()
        .filter(found -> found.getMetadata().getName().equals("refused"))
        .forEach(found -> client.removePod(found.getId()));
    runtime.listContainers(ListContainersRequest.getDefaultInstance()).getContainersList().stream()
        .filter(found -> found.getMetadata().getName().equals("refused"))
        .forEach(found -> client.remove(found.getId()));
  }

  /** A sound request with a change in the text form of protocol buffers; {@code @} is ours. */
  PodSandboxConfig.Builder pod(String change) throws TextFormat.ParseException {
    return merge(client.pod("refused"), change);
  }

  /** As {@link #pod(String)}, for a container of {@link #pod}. */
  ContainerConfig.Builder container(String change) throws TextFormat.ParseException {
    ContainerConfig.Builder sound = client.container("refused", "true");
    sound
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER));
    if (change.contains("command:")) {
      sound.clearCommand();
    }
    return merge(sound, change);
  }

  private <B extends Message.Builder> B merge(B builder, String change)
      throws TextFormat.ParseException {
    TextFormat.merge(change.replace("@", directory.toString()), builder);
    return builder;
  }
}
