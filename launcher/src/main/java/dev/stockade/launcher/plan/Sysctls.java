package dev.stockade.launcher.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The kernel parameters that belong to a namespace and can therefore be a container's. The only
 * parser of their names: dots or slashes separate, as sysctl(8) takes them.
 */
final class Sysctls {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_:@./-]+");
  private static final int MAX_LENGTH = 200;
  private static final String PING_GROUPS = "net/ipv4/ping_group_range";
  private static final Pattern RANGE = Pattern.compile("[0-9]{1,10} [0-9]{1,10}");
  private static final List<String> IPC =
      List.of(
          "kernel/msgmax",
          "kernel/msgmnb",
          "kernel/msgmni",
          "kernel/msg_next_id",
          "kernel/sem",
          "kernel/sem_next_id",
          "kernel/shmall",
          "kernel/shmmax",
          "kernel/shmmni",
          "kernel/shm_rmid_forced",
          "kernel/shm_next_id");

  private Sysctls() {}

  /** The path beneath {@code /proc/sys}, or empty if the name is none; the problem is noted. */
  static Optional<String> path(String name, Problems problems) {
    String field = "linux.sysctl." + name;
    if (!problems.text("linux.sysctl", name)) {
      return Optional.empty();
    }
    String path = path(name);
    boolean parts =
        List.of(path.split("/", -1)).stream().noneMatch(Set.of("", ".", "..")::contains);
    if (name.length() > MAX_LENGTH || !NAME.matcher(name).matches() || !parts) {
      problems.add(
          "linux.sysctl",
          "a name is not that of a kernel parameter",
          "write it as in net.ipv4.ip_forward");
      return Optional.empty();
    }
    if (path.equals("kernel/hostname") || path.equals("kernel/domainname")) {
      problems.add(field, "has a field of its own", "use hostname or domainname");
      return Optional.empty();
    }
    return Optional.of(path);
  }

  /**
   * With a slash as the first separator the name is the path; else dots separate and slashes stand
   * for dots.
   */
  private static String path(String name) {
    int dot = name.indexOf('.');
    int slash = name.indexOf('/');
    if (slash >= 0 && (dot < 0 || slash < dot)) {
      return name;
    }
    return name.replace('/', '\0').replace('.', '/').replace('\0', '.');
  }

  /** The namespace that owns the parameter, or empty if the whole host does. */
  static Optional<NamespaceKind> owner(String path) {
    if (path.startsWith("net/")) {
      return Optional.of(NamespaceKind.NETWORK);
    }
    if (path.startsWith("fs/mqueue/") || IPC.contains(path)) {
      return Optional.of(NamespaceKind.IPC);
    }
    return Optional.empty();
  }

  /**
   * A value as the kernel shows it on the host: ids of the user namespace are other numbers there,
   * and a range that ends before it begins is {@code 1 0}, icmp(7).
   */
  static String shown(String path, String value, Optional<IdMaps> maps) {
    String words = value.strip().replaceAll("\\s+", " ");
    if (!path.equals(PING_GROUPS) || !RANGE.matcher(words).matches()) {
      return words;
    }
    String[] ends = words.split(" ", -1);
    long first = Long.parseLong(ends[0]);
    long last = Long.parseLong(ends[1]);
    return first > last ? "1 0" : group(maps, first) + " " + group(maps, last);
  }

  private static long group(Optional<IdMaps> maps, long id) {
    return maps.map(ids -> ids.hostGid(id).orElse(id)).orElse(id);
  }
}
