package dev.stockade.shim.oci;

import java.util.Set;

/**
 * The kernel parameters that Kubernetes calls safe: a kubelet takes others only where its
 * configuration names them.
 */
final class SafeSysctls {
  private static final Set<String> SAFE =
      Set.of(
          "kernel.shm_rmid_forced",
          "net.ipv4.ip_local_port_range",
          "net.ipv4.tcp_syncookies",
          "net.ipv4.ping_group_range",
          "net.ipv4.ip_unprivileged_port_start",
          "net.ipv4.ip_local_reserved_ports",
          "net.ipv4.tcp_keepalive_time",
          "net.ipv4.tcp_fin_timeout",
          "net.ipv4.tcp_keepalive_intvl",
          "net.ipv4.tcp_keepalive_probes",
          "net.ipv4.tcp_rmem",
          "net.ipv4.tcp_wmem");

  private SafeSysctls() {}

  static boolean contains(String name) {
    return SAFE.contains(name);
  }
}
