package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciIdMapping;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Options of a file system in the one form in which proc_pid_mountinfo(5) shows them, whatever way
 * they were asked for: {@code mode=755,size=65536k}.
 */
public final class ShownOptions {
  private static final long PAGE = 4096;
  private static final long KIBIBYTE = 1024;

  /** Values that the kernel leaves out, by file system and option. */
  private static final Map<String, String> LEFT_OUT =
      Map.of(
          "tmpfs mode", "1777",
          "tmpfs uid", "0",
          "tmpfs gid", "0",
          "tmpfs huge", "never",
          "devpts max", "1048576",
          "proc hidepid", "off",
          "proc gid", "0");

  private static final Map<String, String> HIDEPID =
      Map.of("0", "off", "1", "noaccess", "2", "invisible", "4", "ptraceable");

  private ShownOptions() {}

  /**
   * What the kernel is to show, sorted, with commas.
   *
   * @param options that fsconfig(2) is given
   * @param maps of the user namespace the ids are of; mountinfo has those outside
   */
  static String expected(List<String> options, Optional<IdMaps> maps) {
    Set<String> shown = new TreeSet<>();
    for (String option : options) {
      int equals = option.indexOf('=');
      String name = option.substring(0, Math.max(equals, 0));
      String value = option.substring(equals + 1);
      shown.add(equals < 0 ? option : name + "=" + value(name, value, maps));
    }
    return String.join(",", shown);
  }

  private static String value(String name, String value, Optional<IdMaps> maps) {
    return switch (name) {
      case "size" -> (bytes(value) + PAGE - 1) / PAGE * (PAGE / KIBIBYTE) + "k";
      case "nr_inodes" -> Long.toString(bytes(value));
      case "mode", "ptmxmode" -> String.format(Locale.ROOT, "%03o", Integer.parseInt(value, 8));
      case "uid" -> outside(maps.map(IdMaps::uids), value);
      case "gid" -> outside(maps.map(IdMaps::gids), value);
      case "hidepid" -> HIDEPID.getOrDefault(value, value);
      default -> value;
    };
  }

  /** As the kernel's memparse: a number and a power of 1024. */
  private static long bytes(String value) {
    int power = "kmg".indexOf(Character.toLowerCase(value.charAt(value.length() - 1))) + 1;
    String digits = power == 0 ? value : value.substring(0, value.length() - 1);
    return Long.parseLong(digits) << (10 * power);
  }

  private static String outside(Optional<List<OciIdMapping>> maps, String id) {
    if (maps.isEmpty()) {
      return id;
    }
    long inside = Long.parseLong(id);
    return maps.get().stream()
        .filter(m -> inside >= m.containerID() && inside - m.containerID() < m.size())
        .map(m -> Long.toString(inside - m.containerID() + m.hostID()))
        .findFirst()
        .orElse("unmapped");
  }

  /**
   * What the kernel shows of the options that are expected, in the same form.
   *
   * @param type of the file system
   * @param all options of the file system that mountinfo has
   */
  public static String shown(String type, String expected, Set<String> all) {
    List<String> shown = new ArrayList<>();
    for (String option : expected.split(",", -1)) {
      String name = option.replaceFirst("=.*", "");
      all.stream()
          .filter(o -> o.equals(name) || o.startsWith(name + "="))
          .findFirst()
          .or(() -> Optional.ofNullable(LEFT_OUT.get(type + " " + name)).map(v -> name + "=" + v))
          .ifPresent(shown::add);
    }
    return String.join(",", shown);
  }
}
