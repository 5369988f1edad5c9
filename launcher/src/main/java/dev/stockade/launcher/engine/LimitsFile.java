package dev.stockade.launcher.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** /proc/pid/limits, proc_pid_limits(5): a table of fixed columns. */
public final class LimitsFile {
  static final int LENGTH_MAX = 64 * 1024;
  private static final int NAME_END = 25;

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("Max cpu time", "cpu"),
          Map.entry("Max file size", "fsize"),
          Map.entry("Max data size", "data"),
          Map.entry("Max stack size", "stack"),
          Map.entry("Max core file size", "core"),
          Map.entry("Max resident set", "rss"),
          Map.entry("Max processes", "nproc"),
          Map.entry("Max open files", "nofile"),
          Map.entry("Max locked memory", "memlock"),
          Map.entry("Max address space", "as"),
          Map.entry("Max file locks", "locks"),
          Map.entry("Max pending signals", "sigpending"),
          Map.entry("Max msgqueue size", "msgqueue"),
          Map.entry("Max nice priority", "nice"),
          Map.entry("Max realtime priority", "rtprio"),
          Map.entry("Max realtime timeout", "rttime"));

  private final Map<String, String> limits = new HashMap<>();

  LimitsFile(String text) {
    for (String line : text.split("\n", -1)) {
      if (line.length() > NAME_END) {
        String name = NAMES.get(line.substring(0, NAME_END).trim());
        String[] words = line.substring(NAME_END).trim().split("\\s+", -1);
        if (name != null && words.length >= 2) {
          limits.put(name, words[0] + " " + words[1]);
        }
      }
    }
  }

  /** This process's own. */
  public static LimitsFile own() throws IOException {
    return new LimitsFile(Files.readString(Path.of("/proc/self/limits")));
  }

  /** Soft and hard limit with a space; empty for a resource this kernel does not list. */
  public Optional<String> limit(String resource) {
    return Optional.ofNullable(limits.get(resource));
  }
}
