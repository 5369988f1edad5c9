package dev.stockade.shim.oci;

import dev.stockade.shim.image.ImageConfig;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.EnvironmentVariable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The environment of a container's process: defaults, over them the image's, over them the
 * request's.
 */
final class ProcessEnvironment {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private ProcessEnvironment() {}

  static List<String> of(ContainerIntent intent, ImageConfig image, String hostname, String home) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("PATH", DEFAULT_PATH);
    variables.put("HOSTNAME", hostname);
    if (intent.terminal()) {
      variables.put("TERM", "xterm");
    }
    for (String entry : image.environment()) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        variables.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    for (EnvironmentVariable variable : intent.environment()) {
      variables.put(variable.name(), variable.value());
    }
    variables.merge("HOME", home, (given, fallback) -> given.isEmpty() ? fallback : given);
    return variables.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }
}
