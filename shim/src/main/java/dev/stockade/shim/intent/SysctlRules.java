package dev.stockade.shim.intent;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which kernel parameters a pod may set: those the kernel keeps per IPC or network namespace, and
 * only when the pod has a namespace of its own of that kind; any other would change the node.
 */
final class SysctlRules {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+([./][a-zA-Z0-9_-]+)+");
  private static final Pattern IPC =
      Pattern.compile("kernel\\.(sem|shmall|shmmax|shmmni|shm_rmid_forced|msgmax|msgmnb|msgmni)");
  private static final Pattern UNSIGNED = Pattern.compile("[0-9]{1,10}");
  private static final Pattern WORDS = Pattern.compile("\\s+");
  private static final String PING_GROUPS = "net.ipv4.ping_group_range";
  private static final int MOST = 256;

  private SysctlRules() {}

  static void check(Problems problems, Map<String, String> sysctls, NamespaceIntent namespaces) {
    if (sysctls.size() > MOST) {
      problems.invalid("linux.sysctls", "has " + sysctls.size() + " entries", "use " + MOST);
      return;
    }
    sysctls.forEach(
        (name, value) -> {
          String field = "linux.sysctls[" + TextRules.quoted(name) + "]";
          if (!NAME.matcher(name).matches()) {
            problems.invalid(
                field, "is not a name of sysctl(8)", "use a name such as net.core.somaxconn");
          } else {
            namespaced(problems, field, dotted(name), namespaces);
          }
          value(problems, field, value);
          if (dotted(name).equals(PING_GROUPS)) {
            namespaces.user().ifPresent(user -> mapped(problems, field, value, user.gids()));
          }
        });
    if (normal(sysctls).size() != sysctls.size()) {
      problems.invalid("linux.sysctls", "names a parameter twice", "write names with dots only");
    }
  }

  private static void namespaced(
      Problems problems, String field, String name, NamespaceIntent namespaces) {
    boolean net = name.startsWith("net.");
    boolean ipc = IPC.matcher(name).matches() || name.startsWith("fs.mqueue.");
    if (!net && !ipc) {
      problems.invalid(
          field,
          "is not kept per namespace by the kernel, so it would change the whole node",
          "set it on the node, not in the pod");
    } else if (net && namespaces.network() == NamespaceIntent.Sharing.NODE) {
      problems.invalid(
          field, "would change the host's network", "use the pod's own network namespace");
    } else if (ipc && namespaces.ipc() == NamespaceIntent.Sharing.NODE) {
      problems.invalid(field, "would change the host's IPC", "use the pod's own IPC namespace");
    }
  }

  /**
   * One line: a value with a line break reached a second parameter in another runtime
   * (CVE-2022-0811).
   */
  private static void value(Problems problems, String field, String value) {
    if (value.isEmpty() || value.chars().anyMatch(c -> c != '\t' && Character.isISOControl(c))) {
      problems.invalid(field, "has an empty value or a control character", "give one line");
    }
    TextRules.bounded(problems, field, value, 4096);
  }

  /** Groups that the writer's user namespace does not map are EINVAL for the kernel (icmp(7)). */
  private static void mapped(Problems problems, String field, String value, List<IdMap> gids) {
    for (String group : WORDS.split(value.strip(), -1)) {
      if (UNSIGNED.matcher(group).matches() && !gids.isEmpty() && !holds(gids, group)) {
        problems.invalid(
            field,
            "names group " + group + ", which the pod's user namespace does not map",
            "use groups that userns_options.gids maps, such as '0 "
                + (gids.get(0).length() - 1)
                + "'");
      }
    }
  }

  private static boolean holds(List<IdMap> gids, String group) {
    long id = Long.parseLong(group);
    return gids.stream()
        .anyMatch(map -> id >= map.containerId() && id - map.containerId() < map.length());
  }

  static Map<String, String> normal(Map<String, String> sysctls) {
    Map<String, String> normal = new TreeMap<>();
    sysctls.forEach((name, value) -> normal.put(dotted(name), value));
    return normal;
  }

  /**
   * With dots between components. As in sysctl(8), the first separator decides: after a slash, dots
   * belong to a component ({@code net/ipv4/conf/eth0.100/forwarding}).
   */
  private static String dotted(String name) {
    int slash = name.indexOf('/');
    int dot = name.indexOf('.');
    if (slash < 0 || (dot >= 0 && dot < slash)) {
      return name;
    }
    return name.replace('.', '\0').replace('/', '.').replace('\0', '/');
  }
}
