package dev.stockade.shim.cli;

import java.util.Locale;

/** A number of bytes for people, in powers of 1024 with three digits: {@code 4.17MiB}. */
final class ByteSize {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private ByteSize() {}

  /** The size in words; a number with the sign bit set is taken as unsigned. */
  static String of(long bytes) {
    if (bytes >= 0 && bytes < 1024) {
      return bytes + "B";
    }
    double value = bytes >= 0 ? bytes : (bytes >>> 1) * 2.0;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    String form = value < 10 ? "%.2f%s" : value < 100 ? "%.1f%s" : "%.0f%s";
    return String.format(Locale.ROOT, form, value, UNITS[unit]);
  }
}
