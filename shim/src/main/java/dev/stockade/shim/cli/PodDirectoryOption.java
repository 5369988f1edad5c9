package dev.stockade.shim.cli;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Where {@code run} keeps what a pod needs on this side of the socket. */
final class PodDirectoryOption {
  private static final Pattern UID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  @Option(
      names = "--pod-dir",
      paramLabel = "DIR",
      defaultValue = "${env:STOCKADE_POD_DIR:-/run/stockade-pods}",
      description =
          "Directory for logs and emptyDir volumes of pods made by \"run\". Default:"
              + " $$STOCKADE_POD_DIR, else /run/stockade-pods.")
  private Path base = Path.of("/run/stockade-pods");

  /** The directory of a new pod, which is not made yet. */
  PodDirectory at(String uid) {
    return new PodDirectory(base.toAbsolutePath().resolve(uid));
  }

  /**
   * The directory of an existing pod; empty if it was not made by {@code run}. The uid comes from
   * the daemon and may be anything: only one in the form {@code run} makes them is looked for.
   */
  Optional<PodDirectory> of(String uid) {
    if (!UID.matcher(uid).matches()) {
      return Optional.empty();
    }
    Path path = base.toAbsolutePath().resolve(uid);
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(new PodDirectory(path))
        : Optional.empty();
  }
}
