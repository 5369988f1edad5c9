package dev.stockade.shim.pod;

import dev.stockade.shim.intent.PodIntent;
import java.util.List;

/** The text of a pod's files; every part was checked to be one word when the request was read. */
final class PodFileText {
  private PodFileText() {}

  /** Text of /etc/hosts (hosts(5)). */
  static String hosts(String hostname, List<String> addresses) {
    StringBuilder text =
        new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    for (String address : addresses) {
      text.append(address).append('\t').append(hostname).append('\n');
    }
    return text.toString();
  }

  /** Text of /etc/resolv.conf (resolv.conf(5)). */
  static String resolver(PodIntent.Dns dns) {
    StringBuilder text = new StringBuilder();
    if (!dns.searches().isEmpty()) {
      text.append("search ").append(String.join(" ", dns.searches())).append('\n');
    }
    dns.servers().forEach(server -> text.append("nameserver ").append(server).append('\n'));
    if (!dns.options().isEmpty()) {
      text.append("options ").append(String.join(" ", dns.options())).append('\n');
    }
    return text.toString();
  }
}
