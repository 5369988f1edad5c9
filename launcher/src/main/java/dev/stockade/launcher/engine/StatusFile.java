package dev.stockade.launcher.engine;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** /proc/pid/status, proc_pid_status(5): one named value a line. */
final class StatusFile {
  static final int LENGTH_MAX = 1 << 20;

  private final Map<String, String> values = new HashMap<>();

  StatusFile(String text) {
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        values.put(line.substring(0, colon), line.substring(colon + 1).trim());
      }
    }
  }

  /** The value with runs of white space as single spaces. */
  String value(String name) throws IOException {
    String value = values.get(name);
    if (value == null) {
      throw new IOException("this kernel's /proc/PID/status has no " + name);
    }
    return value.replaceAll("\\s+", " ");
  }

  /** Numbers in ascending order, with single spaces. */
  String sorted(String name) throws IOException {
    String value = value(name);
    if (value.isEmpty()) {
      return "";
    }
    return Arrays.stream(value.split(" ", -1))
        .sorted((a, b) -> Long.compare(Long.parseLong(a), Long.parseLong(b)))
        .collect(Collectors.joining(" "));
  }
}
