package dev.stockade.shim.intent;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What RunPodSandbox asks for.
 *
 * @param hostname empty for one derived from the pod's name, or the host's with the host's network
 * @param logDirectory absolute path of the directory the containers' log paths are relative to
 * @param cgroupParent absolute path beneath the cgroup2 mount; empty for the daemon's own
 * @param sysctls namespaced kernel parameters, dotted names
 */
public record PodIntent(
    PodName name,
    String hostname,
    Optional<String> logDirectory,
    Dns dns,
    List<PortMapping> ports,
    String cgroupParent,
    NamespaceIntent namespaces,
    boolean privileged,
    Optional<SelinuxIntent> selinux,
    Map<String, String> sysctls) {

  /** A pod's name; the four together are unique on a node. */
  public record PodName(String namespace, String name, String uid, int attempt) {
    @Override
    public String toString() {
      return namespace + "/" + name + " (uid " + uid + ", attempt " + attempt + ")";
    }
  }

  /** What becomes /etc/resolv.conf; all lists empty for the host's own. */
  public record Dns(List<String> servers, List<String> searches, List<String> options) {
    /** Whether nothing was asked. */
    public boolean isEmpty() {
      return servers.isEmpty() && searches.isEmpty() && options.isEmpty();
    }
  }

  /** A port of the host forwarded to the pod. */
  public record PortMapping(String protocol, int containerPort, int hostPort, String hostIp) {}

  @Override
  public String toString() {
    return "pod " + name;
  }
}
