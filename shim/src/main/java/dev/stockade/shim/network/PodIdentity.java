package dev.stockade.shim.network;

import java.util.List;

/** What a plugin is told about the pod. */
public record PodIdentity(
    String id, String namespace, String name, String uid, List<PortMapping> ports) {
  /** A port of the host forwarded to the pod, in the words of the portMappings capability. */
  public record PortMapping(String protocol, int containerPort, int hostPort, String hostIp) {}
}
