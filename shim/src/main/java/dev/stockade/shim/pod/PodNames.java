package dev.stockade.shim.pod;

import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.network.PodIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Names derived from a pod's. */
final class PodNames {
  private static final int MAX_HOSTNAME = 63;

  private PodNames() {}

  /**
   * The hostname asked for; else the node's for a pod in its network, else one like the pod's name.
   */
  static String hostname(String id, PodIntent intent) throws IOException {
    if (!intent.hostname().isEmpty()) {
      return intent.hostname();
    }
    if (intent.namespaces().network() == NamespaceIntent.Sharing.NODE) {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    }
    String name = intent.name().name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-");
    name = name.substring(0, Math.min(name.length(), MAX_HOSTNAME));
    name = name.replaceAll("^[.-]+|[.-]+$", "");
    return name.isEmpty() ? id.substring(0, 12) : name;
  }

  /** What network plugins are told. */
  static PodIdentity identity(String id, PodIntent intent) {
    return new PodIdentity(
        id,
        intent.name().namespace(),
        intent.name().name(),
        intent.name().uid(),
        intent.ports().stream()
            .map(
                port ->
                    new PodIdentity.PortMapping(
                        port.protocol(), port.containerPort(), port.hostPort(), port.hostIp()))
            .toList());
  }

  /** The pod's cgroup: the parent the kubelet made for it, or one of our own. */
  static String cgroup(String id, PodIntent intent, String ownParent) {
    return intent.cgroupParent().isEmpty() ? ownParent + "/" + id : intent.cgroupParent();
  }
}
