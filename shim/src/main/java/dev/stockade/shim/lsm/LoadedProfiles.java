package dev.stockade.shim.lsm;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The AppArmor profiles that the kernel has, with their modes. */
public final class LoadedProfiles {
  static final String ENFORCE = "enforce";
  static final String COMPLAIN = "complain";

  private static final Path SECURITYFS = Path.of("/sys/kernel/security");
  private static final String PROFILES = "apparmor/profiles";
  private static final int LARGEST = 16 << 20;

  private final String list;

  /**
   * @param list a line for each: the name, and the mode in parentheses
   */
  LoadedProfiles(String list) {
    this.list = list;
  }

  /** Those of now; empty where securityfs is not mounted. */
  public static Optional<LoadedProfiles> read() throws IOException {
    try (Directory securityfs = Directory.open(SECURITYFS, Resolution.BENEATH)) {
      return securityfs
          .readIfPresent(PROFILES, LARGEST)
          .map(bytes -> new LoadedProfiles(new String(bytes, StandardCharsets.UTF_8)));
    }
  }

  /** How many confine in which way, for people: {@code 12 enforce, 1 complain}. */
  public String modes() {
    Map<String, Long> count =
        list.lines()
            .filter(line -> line.endsWith(")") && line.contains(" ("))
            .map(line -> line.substring(line.lastIndexOf('(') + 1, line.length() - 1))
            .collect(Collectors.groupingBy(mode -> mode, TreeMap::new, Collectors.counting()));
    return count.entrySet().stream()
        .sorted(Comparator.comparing(mode -> !mode.getKey().equals(ENFORCE)))
        .map(mode -> mode.getValue() + " " + mode.getKey())
        .collect(Collectors.joining(", "));
  }

  /** How a profile confines, {@code enforce} or less; empty if it is not loaded. */
  Optional<String> mode(String profile) {
    String start = profile + " (";
    return list.lines()
        .filter(line -> line.startsWith(start) && line.endsWith(")"))
        .map(line -> line.substring(start.length(), line.length() - 1))
        .filter(mode -> mode.indexOf('(') < 0)
        .findFirst();
  }
}
