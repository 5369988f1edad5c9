package dev.stockade.shim.intent;

import java.util.List;
import java.util.Optional;

/**
 * What CreateContainer asks for.
 *
 * @param image reference or identifier of the image, as asked
 * @param command replaces the image's entrypoint when not empty
 * @param args replaces the image's command when not empty
 * @param workingDirectory empty for the image's
 * @param logPath relative path beneath the pod's log directory
 * @param stopSignal empty for the image's
 */
public record ContainerIntent(
    String name,
    int attempt,
    String image,
    List<String> command,
    List<String> args,
    String workingDirectory,
    List<EnvironmentVariable> environment,
    List<MountIntent> mounts,
    List<DeviceIntent> devices,
    Optional<String> logPath,
    boolean stdin,
    boolean stdinOnce,
    boolean terminal,
    Optional<StopSignal> stopSignal,
    ResourceIntent resources,
    ContainerSecurityIntent security) {
  @Override
  public String toString() {
    return "container " + name + "/" + attempt + " of image " + image;
  }
}
