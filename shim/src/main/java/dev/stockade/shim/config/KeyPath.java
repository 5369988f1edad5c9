package dev.stockade.shim.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A key with its tables as people write it, {@code cgroup.driver}; parts that are not bare are
 * quoted.
 */
final class KeyPath {
  private static final Pattern BARE = Pattern.compile("[A-Za-z0-9_-]+");

  private KeyPath() {}

  static String of(List<String> parts) {
    StringBuilder path = new StringBuilder();
    for (String part : parts) {
      path.append(path.length() == 0 ? "" : ".").append(shown(part));
    }
    return path.toString();
  }

  static String child(String table, String key) {
    return table.isEmpty() ? shown(key) : table + "." + shown(key);
  }

  private static String shown(String part) {
    return BARE.matcher(part).matches() ? part : Shown.of(part);
  }
}
