package dev.stockade.launcher.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The resource limits of setrlimit(2) in the order of asm-generic/resource.h, which x86_64 and
 * arm64 use.
 */
final class Rlimits {
  private static final String PREFIX = "RLIMIT_";
  private static final List<String> NAMES =
      List.of(
          "CPU",
          "FSIZE",
          "DATA",
          "STACK",
          "CORE",
          "RSS",
          "NPROC",
          "NOFILE",
          "MEMLOCK",
          "AS",
          "LOCKS",
          "SIGPENDING",
          "MSGQUEUE",
          "NICE",
          "RTPRIO",
          "RTTIME");

  private static final long NONE = -1;
  private static final long KIB = 1024;

  /**
   * What a program gets that asks for none, by number: what serve resets itself to as its first act
   * (native/src/birth.c).
   */
  private static final List<LimitPair> DEFAULTS =
      List.of(
          new LimitPair(NONE, NONE),
          new LimitPair(NONE, NONE),
          new LimitPair(NONE, NONE),
          new LimitPair(8 * KIB * KIB, NONE),
          new LimitPair(0, NONE),
          new LimitPair(NONE, NONE),
          new LimitPair(NONE, NONE),
          new LimitPair(KIB, KIB * KIB),
          new LimitPair(8 * KIB * KIB, 8 * KIB * KIB),
          new LimitPair(NONE, NONE),
          new LimitPair(NONE, NONE),
          new LimitPair(64 * KIB, 64 * KIB),
          new LimitPair(800 * KIB, 800 * KIB),
          new LimitPair(0, 0),
          new LimitPair(0, 0),
          new LimitPair(NONE, NONE));

  private Rlimits() {}

  /** All names with their prefix and the limits of a program that asks for none, by number. */
  static Map<String, LimitPair> defaults() {
    Map<String, LimitPair> defaults = new LinkedHashMap<>();
    for (int i = 0; i < NAMES.size(); i++) {
      defaults.put(PREFIX + NAMES.get(i), DEFAULTS.get(i));
    }
    return defaults;
  }

  /** As receipts write a name. */
  static String subject(String name) {
    return name.toLowerCase(Locale.ROOT).replaceFirst("^rlimit_", "");
  }

  /** The number of a name with its prefix. */
  static OptionalInt number(String name) {
    int number = name.startsWith(PREFIX) ? NAMES.indexOf(name.substring(PREFIX.length())) : -1;
    return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** The name of a number, without prefix; the number itself if it has none. */
  static String name(long number) {
    return number >= 0 && number < NAMES.size() ? NAMES.get((int) number) : Long.toString(number);
  }
}
