package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The file a monitor leaves when its process has ended and no engine may be listening. */
final class ExitRecord {
  private static final int LENGTH_MAX = 4096;

  private ExitRecord() {}

  /** Empty when there is none, or it is not one. */
  static Optional<ExitStatus> read(Path directory, String name) throws IOException {
    Optional<byte[]> content;
    try (Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      content = holder.readIfPresent(name, LENGTH_MAX);
    }
    return content.flatMap(bytes -> parse(new String(bytes, StandardCharsets.US_ASCII)));
  }

  static Optional<ExitStatus> parse(String text) {
    Map<String, Long> values = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      String[] words = line.split(" ", 2);
      if (words.length == 2) {
        try {
          values.put(words[0], Long.parseLong(words[1]));
        } catch (NumberFormatException e) {
          return Optional.empty();
        }
      }
    }
    Long status = values.get("status");
    Long kills = values.get("oom_kills");
    Long time = values.get("time_ns");
    return status == null || kills == null || time == null
        ? Optional.empty()
        : Optional.of(ExitStatus.reaped(status.intValue(), kills, time, logLoss(values)));
  }

  /** A monitor of an older build does not tell. */
  private static LogLoss logLoss(Map<String, Long> values) {
    return new LogLoss(
        values.getOrDefault("log_lost_records", 0L),
        values.getOrDefault("log_lost_bytes", 0L),
        values.getOrDefault("log_error", 0L).intValue());
  }
}
