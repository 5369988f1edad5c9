package dev.stockade.shim.image;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an image says about how to run it. Hostile data: nothing here steers a constraint by itself.
 * Source: OCI image-spec, config.md.
 *
 * @param user {@code user[:group]} as the image wrote it; {@link UserSpec} reads it
 * @param environment {@code NAME=value} entries
 * @param exposedPorts as written, for example {@code 80/tcp}
 * @param volumes absolute paths as written
 * @param diffIds digests of the uncompressed layers, lowest first
 */
public record ImageConfig(
    String architecture,
    String os,
    Optional<String> variant,
    Optional<String> user,
    List<String> environment,
    List<String> entrypoint,
    List<String> command,
    Optional<String> workingDirectory,
    Map<String, String> labels,
    Optional<String> stopSignal,
    Set<String> exposedPorts,
    Set<String> volumes,
    List<Digest> diffIds) {

  /** Copies every collection. */
  public ImageConfig {
    environment = List.copyOf(environment);
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    labels = Map.copyOf(labels);
    exposedPorts = Set.copyOf(exposedPorts);
    volumes = Set.copyOf(volumes);
    diffIds = List.copyOf(diffIds);
  }

  /** Without the environment, because people put secrets there. */
  @Override
  public String toString() {
    return "ImageConfig["
        + os
        + "/"
        + architecture
        + ", "
        + diffIds.size()
        + " layers, "
        + environment.size()
        + " environment entries]";
  }
}
