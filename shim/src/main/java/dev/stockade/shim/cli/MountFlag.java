package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import java.nio.file.Path;
import java.util.Map;

/**
 * A value of {@code --mount}: {@code type=bind,source=PATH,target=PATH[,ro][,rro][,propagation=P]}.
 */
final class MountFlag {
  private static final Map<String, MountPropagation> PROPAGATIONS =
      Map.of(
          "private", MountPropagation.PROPAGATION_PRIVATE,
          "rprivate", MountPropagation.PROPAGATION_PRIVATE,
          "rslave", MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
          "rshared", MountPropagation.PROPAGATION_BIDIRECTIONAL);

  private final String flag;
  private final Mount.Builder mount = Mount.newBuilder();
  private String type = "";

  private MountFlag(String flag) {
    this.flag = flag;
  }

  static Mount parse(String flag) {
    MountFlag parsed = new MountFlag(flag);
    for (String part : flag.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        parsed.word(part);
      } else {
        parsed.setting(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    return parsed.checked();
  }

  private void word(String word) {
    switch (word) {
      case "ro", "readonly" -> mount.setReadonly(true);
      case "rro" -> mount.setReadonly(true).setRecursiveReadOnly(true);
      default -> throw wrong("\"" + word + "\" is unknown");
    }
  }

  private void setting(String key, String value) {
    switch (key) {
      case "type" -> type = value;
      case "source", "src" -> mount.setHostPath(Path.of(value).toAbsolutePath().toString());
      case "target", "dst", "destination" -> mount.setContainerPath(value);
      case "propagation" -> mount.setPropagation(propagation(value));
      default -> throw wrong("\"" + key + "\" is unknown");
    }
  }

  private MountPropagation propagation(String value) {
    MountPropagation propagation = PROPAGATIONS.get(value);
    if (propagation == null) {
      throw wrong("propagation is private, rslave or rshared");
    }
    return propagation;
  }

  private Mount checked() {
    if (!type.equals("bind")) {
      throw wrong("type=bind is required; no other type is supported");
    }
    if (mount.getHostPath().isEmpty() || !mount.getContainerPath().startsWith("/")) {
      throw wrong("source and an absolute target are required");
    }
    return mount.build();
  }

  private CommandFailure wrong(String what) {
    return CommandFailure.usage(
        "--mount " + flag + ": " + what + "; write type=bind,source=PATH,target=PATH[,ro]");
  }
}
