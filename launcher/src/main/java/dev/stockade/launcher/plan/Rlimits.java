package dev.stockade.launcher.plan;

import java.util.List;
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

  private Rlimits() {}

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
