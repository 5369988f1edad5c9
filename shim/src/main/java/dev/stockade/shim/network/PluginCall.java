package dev.stockade.shim.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Calls the plugins of one network for one pod. */
final class PluginCall {
  private static final String INTERFACE = "eth0";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PluginRunner runner;
  private final Duration timeout;
  private final List<Path> programs;
  private final NetworkConfiguration network;
  private final PodIdentity pod;
  private final String netns;

  /**
   * For one pod.
   *
   * @param programs directories of plugins
   * @param netns path of the pod's network namespace; empty when it is gone (DEL only)
   */
  PluginCall(
      PluginRunner runner,
      Duration timeout,
      List<Path> programs,
      NetworkConfiguration network,
      PodIdentity pod,
      String netns) {
    this.runner = runner;
    this.timeout = timeout;
    this.programs = List.copyOf(programs);
    this.network = network;
    this.pod = pod;
    this.netns = netns;
  }

  /**
   * Calls one plugin.
   *
   * @param previous result of the plugin before it (ADD) or of the whole chain (CHECK, DEL)
   * @return what it printed, {@code null} if nothing
   */
  @Nullable JsonNode call(String command, ObjectNode plugin, @Nullable JsonNode previous)
      throws NetworkException {
    String type = plugin.path("type").asText();
    String what = "CNI " + command + " of plugin " + type + " in network " + network.name();
    byte[] input = input(plugin, previous);
    try {
      PluginRunner.Output output =
          runner.run(program(programs, type), environment(command), input, timeout);
      if (output.exitCode() != 0) {
        throw new NetworkException(what + " failed: " + reason(output));
      }
      return output.standardOutput().isBlank() ? null : JSON.readTree(output.standardOutput());
    } catch (JsonProcessingException e) {
      throw new NetworkException(what + " printed no JSON");
    } catch (IOException e) {
      throw new NetworkException(what + " failed", e);
    }
  }

  static Path program(List<Path> directories, String type) throws NetworkException {
    for (Path directory : directories) {
      Path program = directory.resolve(type);
      if (Files.isRegularFile(program) && Files.isExecutable(program)) {
        return program;
      }
    }
    throw new NetworkException("CNI plugin " + type + " is not in " + directories);
  }

  private Map<String, String> environment(String command) {
    Map<String, String> environment = new TreeMap<>();
    environment.put("CNI_COMMAND", command);
    environment.put("CNI_CONTAINERID", pod.id());
    environment.put("CNI_NETNS", netns);
    environment.put("CNI_IFNAME", INTERFACE);
    environment.put(
        "CNI_PATH", programs.stream().map(Path::toString).collect(Collectors.joining(":")));
    environment.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    environment.put(
        "CNI_ARGS",
        "IgnoreUnknown=1;K8S_POD_NAMESPACE="
            + pod.namespace()
            + ";K8S_POD_NAME="
            + pod.name()
            + ";K8S_POD_INFRA_CONTAINER_ID="
            + pod.id()
            + ";K8S_POD_UID="
            + pod.uid());
    return environment;
  }

  private byte[] input(ObjectNode plugin, @Nullable JsonNode previous) {
    ObjectNode input = plugin.deepCopy();
    input.put("name", network.name());
    input.put("cniVersion", network.version());
    input.remove("capabilities");
    if (mapsPorts(plugin)) {
      ports().ifPresent(ports -> input.putObject("runtimeConfig").set("portMappings", ports));
    }
    if (previous != null) {
      input.set("prevResult", previous);
    }
    try {
      return JSON.writeValueAsBytes(input);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree is always JSON", e);
    }
  }

  /** Whether the plugin forwards ports of the host. */
  static boolean mapsPorts(ObjectNode plugin) {
    return plugin.path("capabilities").path("portMappings").asBoolean(false);
  }

  private Optional<ArrayNode> ports() {
    if (pod.ports().isEmpty()) {
      return Optional.empty();
    }
    ArrayNode ports = JSON.createArrayNode();
    for (PodIdentity.PortMapping port : pod.ports()) {
      ObjectNode mapping = ports.addObject();
      mapping.put("hostPort", port.hostPort());
      mapping.put("containerPort", port.containerPort());
      mapping.put("protocol", port.protocol());
      if (!port.hostIp().isEmpty()) {
        mapping.put("hostIP", port.hostIp());
      }
    }
    return Optional.of(ports);
  }

  /**
   * A failed plugin prints an object with code, msg and details; the text is the plugin's, so it is
   * bounded and made plain.
   */
  private static String reason(PluginRunner.Output output) {
    String text = "";
    try {
      JsonNode error = JSON.readTree(output.standardOutput());
      if (error != null) {
        text = error.path("msg").asText("") + " " + error.path("details").asText("");
      }
    } catch (IOException e) {
      text = "";
    }
    if (text.isBlank()) {
      text = "exit code " + output.exitCode() + " " + output.standardError();
    }
    String plain = text.strip().replaceAll("\\p{Cntrl}+", " ");
    return plain.length() > 1024 ? plain.substring(0, 1024) + "..." : plain;
  }
}
