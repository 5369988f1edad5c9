package dev.stockade.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What processes hold of the machine's memory, in kB. */
final class Resident {
  private Resident() {}

  /** Its proportional share: a page that n processes map counts 1/n for each. */
  static long proportional(long pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/smaps_rollup"), "Pss:");
  }

  /** The most it ever had in memory, in KiB. */
  static long peak(long pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/status"), "VmHWM:");
  }

  /** Everything it maps that is in memory. */
  static long whole(long pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/status"), "VmRSS:");
  }

  static List<Long> children(long pid) throws IOException {
    String text = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/children"));
    return Arrays.stream(text.trim().split(" ", -1))
        .filter(word -> !word.isEmpty())
        .map(Long::valueOf)
        .toList();
  }

  private static long field(Path file, String name) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException(file + " has no " + name);
  }
}
