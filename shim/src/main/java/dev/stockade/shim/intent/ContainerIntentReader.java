package dev.stockade.shim.intent;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.Signal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a CreateContainer request. */
public final class ContainerIntentReader {
  private final Problems problems = new Problems();

  private ContainerIntentReader() {}

  /**
   * Validates the request against the protocol and against the pod it joins.
   *
   * @throws IntentRejection with every problem found
   */
  public static ContainerIntent read(ContainerConfig config, PodIntent pod) throws IntentRejection {
    ContainerIntentReader reader = new ContainerIntentReader();
    ContainerIntent intent = reader.intent(config);
    new PodAgreement(reader.problems).check(intent, pod);
    reader.problems.refuse("CreateContainer");
    return intent;
  }

  /** The kubelet finds out which image a pod's own text means, and asks for that one by its id. */
  static String imageName(ImageSpec image) {
    String specified = image.getUserSpecifiedImage();
    return specified.isEmpty() ? image.getImage() : specified;
  }

  private ContainerIntent intent(ContainerConfig config) {
    new UnknownFields(problems).check("", config);
    if (config.hasWindows()) {
      problems.invalid("windows", "is set", "this node runs Linux; clear the Windows fields");
    }
    if (!config.hasMetadata() || config.getMetadata().getName().isEmpty()) {
      problems.invalid("metadata.name", "is empty", "name the container");
    }
    if (config.getImage().getImage().isEmpty()) {
      problems.invalid("image.image", "is empty", "name an image that is on this node");
    }
    RuntimeHandlers.check(problems, "image.runtime_handler", config.getImage().getRuntimeHandler());
    TextRules.bounded(
        problems, "metadata.name", config.getMetadata().getName(), TextRules.MAX_NAME_BYTES);
    TextRules.labels(problems, "labels", config.getLabelsMap());
    TextRules.labels(problems, "annotations", config.getAnnotationsMap());
    if (!config.getWorkingDir().isEmpty()) {
      TextRules.absolutePath(problems, "working_dir", config.getWorkingDir());
    }
    TextRules.strings(problems, "command", config.getCommandList());
    TextRules.strings(problems, "args", config.getArgsList());
    LinuxContainerConfig linux = config.getLinux();
    return new ContainerIntent(
        config.getMetadata().getName(),
        config.getMetadata().getAttempt(),
        config.getImage().getImage(),
        imageName(config.getImage()),
        List.copyOf(config.getCommandList()),
        List.copyOf(config.getArgsList()),
        config.getWorkingDir(),
        environment(config.getEnvsList()),
        new MountReader(problems).read(config.getMountsList()),
        new DeviceReader(problems).read(config.getDevicesList()),
        new CdiReader(problems).read(config.getCDIDevicesList(), config.getAnnotationsMap()),
        logPath(config.getLogPath()),
        config.getStdin(),
        config.getStdinOnce(),
        config.getTty(),
        stopSignal(config),
        linux.hasResources()
            ? new ResourceReader(problems, "linux.resources").read(linux.getResources())
            : ResourceIntent.NONE,
        new ContainerSecurityReader(problems).read(linux.getSecurityContext()));
  }

  private List<EnvironmentVariable> environment(List<KeyValue> variables) {
    if (variables.size() > TextRules.MOST_STRINGS) {
      problems.invalid(
          "envs", "has " + variables.size() + " entries", "use " + TextRules.MOST_STRINGS);
      return List.of();
    }
    List<EnvironmentVariable> read = new ArrayList<>();
    for (int i = 0; i < variables.size(); i++) {
      String field = "envs[" + i + "]";
      String name = variables.get(i).getKey();
      if (name.isEmpty() || name.indexOf('=') >= 0) {
        problems.invalid(
            field + ".key", TextRules.quoted(name) + " is not a name", "give a name without '='");
      }
      String value = text(field + ".value", variables.get(i).getValue());
      TextRules.bounded(problems, field, name + "=" + value, TextRules.MAX_STRING_BYTES);
      read.add(new EnvironmentVariable(name, value));
    }
    return List.copyOf(read);
  }

  private String text(String field, ByteString bytes) {
    try {
      ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
      return StandardCharsets.UTF_8.newDecoder().decode(buffer).toString();
    } catch (CharacterCodingException e) {
      problems.invalid(
          field, "is not UTF-8", "encode the value; the OCI runtime spec holds only UTF-8 text");
      return "";
    }
  }

  /** Always beneath the pod's log directory (CVE-2025-0750). */
  private Optional<String> logPath(String path) {
    if (path.isEmpty()) {
      return Optional.empty();
    }
    if (path.startsWith("/") || TextRules.hasParentComponent(path)) {
      problems.invalid(
          "log_path",
          TextRules.quoted(path) + " leaves the pod's log directory",
          "give a relative path without '..'");
    } else if (path.endsWith("/")) {
      problems.invalid("log_path", "names a directory", "give the path of a file");
    }
    TextRules.bounded(problems, "log_path", path, TextRules.MAX_PATH_BYTES);
    return Optional.of(MountReader.normal(path).substring(1));
  }

  private Optional<StopSignal> stopSignal(ContainerConfig config) {
    Signal signal = config.getStopSignal();
    if (signal == Signal.RUNTIME_DEFAULT) {
      return Optional.empty();
    }
    Optional<StopSignal> parsed =
        signal == Signal.UNRECOGNIZED ? Optional.empty() : CriSignals.parse(signal);
    if (parsed.isEmpty()) {
      problems.invalid(
          "stop_signal", config.getStopSignalValue() + " is not a signal", "use a known signal");
    }
    return parsed;
  }
}
