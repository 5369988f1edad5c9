package dev.stockade.shim.lsm;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** The AppArmor profiles that the kernel has, with their modes. */
final class LoadedProfiles {
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
  static Optional<LoadedProfiles> read() throws IOException {
    try (Directory securityfs = Directory.open(SECURITYFS, Resolution.BENEATH)) {
      return securityfs
          .readIfPresent(PROFILES, LARGEST)
          .map(bytes -> new LoadedProfiles(new String(bytes, StandardCharsets.UTF_8)));
    }
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
