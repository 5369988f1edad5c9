package dev.stockade.shim.intent;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A signal by number, as signal(7) numbers them on x86_64 and arm64 (the same there).
 *
 * @param number 1 to 64
 */
public record StopSignal(int number) {
  /** What a container gets that names none. */
  public static final StopSignal SIGTERM = new StopSignal(15);

  /** The first real-time signal that glibc and musl leave to programs. */
  private static final int RTMIN = 34;

  private static final int RTMAX = 64;

  private static final Map<String, Integer> NUMBERS = numbers();

  /** Refuses numbers that are no signals. */
  public StopSignal {
    if (number < 1 || number > RTMAX) {
      throw new IllegalArgumentException("not a signal: " + number);
    }
  }

  /**
   * Parses {@code SIGTERM}, {@code TERM}, {@code SIGRTMIN+3}, {@code RTMAX-1} or a plain number;
   * empty if it is none.
   */
  public static Optional<StopSignal> parse(String text) {
    if (text.matches("[1-9][0-9]?")) {
      int number = Integer.parseInt(text);
      return number <= RTMAX ? Optional.of(new StopSignal(number)) : Optional.empty();
    }
    String name = text.startsWith("SIG") ? text.substring(3) : text;
    return Optional.ofNullable(NUMBERS.get(name)).map(StopSignal::new);
  }

  /** The name with SIG, the alphabetically first of those that share the number. */
  public String signalName() {
    for (Map.Entry<String, Integer> entry : NUMBERS.entrySet()) {
      if (entry.getValue() == number) {
        return "SIG" + entry.getKey();
      }
    }
    return "signal " + number;
  }

  private static Map<String, Integer> numbers() {
    String[] standard = {
      "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
      "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
      "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
    };
    Map<String, Integer> numbers = new TreeMap<>();
    for (int i = 0; i < standard.length; i++) {
      numbers.put(standard[i], i + 1);
    }
    numbers.put("IOT", 6);
    numbers.put("CLD", 17);
    numbers.put("POLL", 29);
    numbers.put("RTMIN", RTMIN);
    numbers.put("RTMAX", RTMAX);
    for (int i = 1; i <= 15; i++) {
      numbers.put("RTMIN+" + i, RTMIN + i);
    }
    for (int i = 1; i <= 14; i++) {
      numbers.put("RTMAX-" + i, RTMAX - i);
    }
    return Collections.unmodifiableMap(numbers);
  }
}
