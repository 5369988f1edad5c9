package dev.stockade.shim.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of the configuration: plain, of bytes, of time. */
enum Quantity {
  PLAIN,
  BYTES;

  private static final Pattern NUMBER = Pattern.compile("(0|[1-9][0-9]{0,17})(KiB|MiB|GiB)?");
  private static final Pattern TIME = Pattern.compile("(0|[1-9][0-9]{0,8})(ms|s|m|h)");
  private static final Map<String, Integer> SHIFTS = Map.of("KiB", 10, "MiB", 20, "GiB", 30);

  long read(Setting setting) throws Section.WrongValue {
    JsonNode value = setting.value();
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return value.longValue();
    }
    boolean text = value.isTextual() && (this == BYTES || setting.raw());
    Matcher number = NUMBER.matcher(text ? value.textValue() : "");
    if (!number.matches() || (this == PLAIN && number.group(2) != null)) {
      throw new Section.WrongValue(
          this == BYTES
              ? "is not a number of bytes such as 65536 or \"64KiB\", \"16MiB\", \"2GiB\""
              : "is not a whole number");
    }
    int shift = number.group(2) == null ? 0 : SHIFTS.getOrDefault(number.group(2), 0);
    long count = Long.parseLong(number.group(1));
    if (count > Long.MAX_VALUE >> shift) {
      throw new Section.WrongValue("is too large");
    }
    return count << shift;
  }

  String show(long value) {
    if (this == BYTES && value > 0) {
      for (int shift = 30; shift > 0; shift -= 10) {
        if (value % (1L << shift) == 0) {
          return (value >> shift) + (shift == 30 ? "GiB" : shift == 20 ? "MiB" : "KiB");
        }
      }
    }
    return Long.toString(value);
  }

  static Duration duration(String text) throws Section.WrongValue {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      throw new Section.WrongValue(
          "is " + Shown.of(text) + ", not a time such as 500ms, 10s, 5m or 1h");
    }
    long count = Long.parseLong(time.group(1));
    return switch (time.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      default -> Duration.ofHours(count);
    };
  }

  static String show(Duration duration) {
    if (duration.toMillis() % 1000 != 0) {
      return duration.toMillis() + "ms";
    }
    long seconds = duration.toSeconds();
    return seconds % 3600 == 0 && seconds > 0
        ? seconds / 3600 + "h"
        : seconds % 60 == 0 && seconds > 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
