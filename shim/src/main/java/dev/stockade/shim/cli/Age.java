package dev.stockade.shim.cli;

import java.time.Duration;
import java.time.Instant;

/** How long ago something was, in the one or two units that matter: {@code 8s}, {@code 2h13m}. */
final class Age {
  private Age() {}

  /**
   * The time since a CRI timestamp.
   *
   * @param nanoseconds since the Unix epoch; 0 and less for "never", printed as {@code -}
   */
  static String since(long nanoseconds, Instant now) {
    if (nanoseconds <= 0) {
      return "-";
    }
    Instant then = Instant.ofEpochSecond(0, nanoseconds);
    return text(Duration.between(then, now));
  }

  private static String text(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    long minutes = seconds / 60;
    if (minutes < 10) {
      return two(minutes, "m", seconds % 60, "s");
    }
    if (minutes < 180) {
      return minutes + "m";
    }
    long hours = minutes / 60;
    if (hours < 8) {
      return two(hours, "h", minutes % 60, "m");
    }
    if (hours < 48) {
      return hours + "h";
    }
    long days = hours / 24;
    return days < 8 ? two(days, "d", hours % 24, "h") : days + "d";
  }

  private static String two(long large, String unit, long small, String smallUnit) {
    return small == 0 ? large + unit : large + unit + small + smallUnit;
  }
}
