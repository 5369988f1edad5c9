package dev.stockade.shim.container;

import dev.stockade.launcher.spec.OciHook;
import dev.stockade.shim.cdi.DeviceRegistry.Injection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which device, which file of the node and which field gave each thing that a container has by
 * devices it names.
 */
public final class DeviceOrigins {
  private final Map<String, Variable> variables = new TreeMap<>();
  private final Map<String, String> nodes = new LinkedHashMap<>();
  private final Map<String, String> mounts = new HashMap<>();
  private final Map<Long, String> groups = new TreeMap<>();
  private final Map<OciHook, String> hooks = new HashMap<>();

  DeviceOrigins() {}

  /** A variable of the environment. */
  public record Variable(String value, String origin) {}

  /** Of what more than one gives, the first counts, and of variables the last. */
  void add(Injection injection) {
    String origin =
        injection.request().name()
            + " of "
            + injection.origin()
            + ", by "
            + injection.request().field();
    injection
        .edits()
        .environment()
        .forEach(one -> variables.put(one.name(), new Variable(one.value(), origin)));
    injection.edits().nodes().forEach(node -> nodes.putIfAbsent(node.path(), origin));
    injection.edits().mounts().forEach(mount -> mounts.putIfAbsent(mount.target(), origin));
    injection.edits().groups().forEach(group -> groups.putIfAbsent(group, origin));
    injection.edits().hooks().forEach(hook -> hooks.putIfAbsent(hook.hook(), origin));
  }

  /** By name. */
  public Map<String, Variable> variables() {
    return Collections.unmodifiableMap(variables);
  }

  /** By path in the container. */
  public Optional<String> ofNode(String path) {
    return Optional.ofNullable(nodes.get(path));
  }

  /** By path in the container. */
  public Optional<String> ofMount(String target) {
    return Optional.ofNullable(mounts.get(target));
  }

  /** As it is in the container's spec. */
  public Optional<String> ofHook(OciHook hook) {
    return Optional.ofNullable(hooks.get(hook));
  }

  /** All that gave nodes, each once, in words; empty when none did. */
  public String ofNodes() {
    return String.join("; ", new LinkedHashSet<>(nodes.values()));
  }

  /** Groups with what gave them, in words; empty when there are none. */
  public String ofGroups() {
    return groups.entrySet().stream()
        .map(group -> group.getKey() + " by " + group.getValue())
        .collect(Collectors.joining("; "));
  }
}
