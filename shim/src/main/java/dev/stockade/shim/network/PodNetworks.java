package dev.stockade.shim.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.shim.intent.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Connects pods to the node's network and disconnects them. */
public final class PodNetworks {
  private static final int MOST_ADDRESSES = 16;

  /** These would end one argument of CNI_ARGS and begin another. */
  private static final Pattern UNSAFE = Pattern.compile("[;=\\p{Cntrl}]");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path configurations;
  private final List<Path> programs;
  private final Duration timeout;
  private final PluginRunner runner;

  /**
   * The networks of this node.
   *
   * @param configurations directory of network configurations; read anew for every pod
   * @param programs directories of CNI plugins
   * @param timeout how long one plugin may run
   */
  public PodNetworks(
      Path configurations, List<Path> programs, Duration timeout, PluginRunner runner) {
    this.configurations = configurations;
    this.programs = List.copyOf(programs);
    this.timeout = timeout;
    this.runner = runner;
  }

  /** Why pods cannot get a network now; empty when they can. */
  public Optional<String> obstacle() {
    try {
      for (ObjectNode plugin : NetworkConfigurationReader.read(configurations).plugins()) {
        PluginCall.program(programs, plugin.path("type").asText());
      }
      return Optional.empty();
    } catch (NetworkException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What {@link #connect} is about to do, to be made durable before: an attachment without result
   * can be taken down too.
   *
   * @throws NetworkException when there is no sound network
   */
  public Attachment plan(PodIdentity pod) throws NetworkException {
    for (String text : List.of(pod.namespace(), pod.name(), pod.uid())) {
      if (UNSAFE.matcher(text).find()) {
        throw new NetworkException(
            "the pod's name, namespace or uid has ';', '=' or a control character, which CNI cannot"
                + " carry; rename the pod");
      }
    }
    NetworkConfiguration network = NetworkConfigurationReader.read(configurations);
    if (!pod.ports().isEmpty() && network.plugins().stream().noneMatch(PluginCall::mapsPorts)) {
      throw new NetworkException(
          "the pod asks for ports of the host, but no plugin of network "
              + network.name()
              + " has the portMappings capability; add the portmap plugin to "
              + network.source());
    }
    return new Attachment(json(network), "", List.of(), pod);
  }

  /**
   * Calls ADD of every plugin in order. When one fails, all are asked to take down what they made.
   *
   * @param netns path of the pod's network namespace
   * @return the attachment with its addresses
   */
  public Attachment connect(Attachment planned, Path netns) throws NetworkException {
    NetworkConfiguration network = configuration(planned);
    PluginCall call = call(network, planned.pod(), netns.toString());
    JsonNode result = null;
    try {
      for (ObjectNode plugin : network.plugins()) {
        result = call.call("ADD", plugin, result);
      }
      if (result == null) {
        throw new NetworkException("network " + network.name() + " gave no result");
      }
      return new Attachment(
          planned.configuration(), result.toString(), addresses(network, result), planned.pod());
    } catch (NetworkException e) {
      try {
        disconnect(planned, netns);
      } catch (NetworkException cleanup) {
        e.addSuppressed(cleanup);
      }
      throw e;
    }
  }

  /**
   * Calls DEL of every plugin in reverse order; plugins accept it repeatedly and for what is gone
   * already.
   *
   * @param netns path of the pod's network namespace, which may be gone
   */
  public void disconnect(Attachment attachment, Path netns) throws NetworkException {
    NetworkConfiguration network = configuration(attachment);
    String path = Files.exists(netns) ? netns.toString() : "";
    PluginCall call = call(network, attachment.pod(), path);
    JsonNode previous = hasPrevious(network.version()) ? tree(attachment.result()) : null;
    List<ObjectNode> plugins = new ArrayList<>(network.plugins());
    Collections.reverse(plugins);
    for (ObjectNode plugin : plugins) {
      call.call("DEL", plugin, previous);
    }
  }

  /**
   * Calls CHECK of every plugin, where the version has it: an error when the network is not as it
   * was made.
   */
  public void check(Attachment attachment, Path netns) throws NetworkException {
    NetworkConfiguration network = configuration(attachment);
    if (network.disableCheck() || !hasPrevious(network.version())) {
      return;
    }
    PluginCall call = call(network, attachment.pod(), netns.toString());
    for (ObjectNode plugin : network.plugins()) {
      call.call("CHECK", plugin, tree(attachment.result()));
    }
  }

  private PluginCall call(NetworkConfiguration network, PodIdentity pod, String netns) {
    return new PluginCall(runner, timeout, programs, network, pod, netns);
  }

  /** CHECK and prevResult for DEL came with 0.4.0 (CNI specification). */
  private static boolean hasPrevious(String version) {
    return !version.startsWith("0.3.");
  }

  private static List<String> addresses(NetworkConfiguration network, JsonNode result)
      throws NetworkException {
    List<String> addresses = new ArrayList<>();
    for (JsonNode ip : result.path("ips")) {
      String text = ip.path("address").asText("");
      int slash = text.indexOf('/');
      String address = slash < 0 ? text : text.substring(0, slash);
      if (!IpAddress.isLiteral(address) || addresses.size() == MOST_ADDRESSES) {
        throw new NetworkException(
            "network " + network.name() + " gave an address that is none, or too many");
      }
      addresses.add(address);
    }
    return addresses;
  }

  private static String json(NetworkConfiguration network) {
    ObjectNode root = JSON.createObjectNode();
    root.put("name", network.name());
    root.put("cniVersion", network.version());
    root.put("disableCheck", network.disableCheck());
    ArrayNode plugins = root.putArray("plugins");
    network.plugins().forEach(plugins::add);
    return root.toString();
  }

  private NetworkConfiguration configuration(Attachment attachment) throws NetworkException {
    try {
      return NetworkConfigurationReader.parse(
          configurations, attachment.configuration().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new NetworkException("the stored network configuration is damaged", e);
    }
  }

  private static @Nullable JsonNode tree(String json) throws NetworkException {
    try {
      return json.isEmpty() ? null : JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new NetworkException("the stored network result is damaged");
    }
  }
}
