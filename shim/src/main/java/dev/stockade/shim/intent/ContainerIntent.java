package dev.stockade.shim.intent;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What CreateContainer asks for.
 *
 * @param image reference or identifier of the image, as asked
 * @param imageName how the user named it, where the client tells; else the same
 * @param command replaces the image's entrypoint when not empty
 * @param args replaces the image's command when not empty
 * @param workingDirectory empty for the image's
 * @param cdi devices by their names in the Container Device Interface
 * @param logPath relative path beneath the pod's log directory
 * @param stopSignal empty for the image's
 */
public record ContainerIntent(
    String name,
    int attempt,
    String image,
    String imageName,
    List<String> command,
    List<String> args,
    String workingDirectory,
    List<EnvironmentVariable> environment,
    List<MountIntent> mounts,
    List<DeviceIntent> devices,
    List<CdiRequest> cdi,
    Optional<String> logPath,
    boolean stdin,
    boolean stdinOnce,
    boolean terminal,
    Optional<StopSignal> stopSignal,
    ResourceIntent resources,
    ContainerSecurityIntent security) {
  /** The same with more variables, which count instead of those of the same name, and mounts. */
  public ContainerIntent with(List<EnvironmentVariable> variables, List<MountIntent> shown) {
    return new ContainerIntent(
        name,
        attempt,
        image,
        imageName,
        command,
        args,
        workingDirectory,
        Stream.concat(environment.stream(), variables.stream()).toList(),
        Stream.concat(mounts.stream(), shown.stream()).toList(),
        devices,
        cdi,
        logPath,
        stdin,
        stdinOnce,
        terminal,
        stopSignal,
        resources,
        security);
  }

  @Override
  public String toString() {
    return "container " + name + "/" + attempt + " of image " + image;
  }
}
