package dev.stockade.launcher.plan;

import java.util.Optional;

/**
 * A resource limit as a receipt writes it.
 *
 * @param soft unsigned; unlimited is the greatest
 * @param hard likewise
 */
record LimitPair(long soft, long hard) {
  private static final String UNLIMITED = "unlimited";

  /** Empty if the text is no soft and hard limit with a space between. */
  static Optional<LimitPair> parse(String text) {
    String[] words = text.split(" ", -1);
    try {
      return words.length == 2
          ? Optional.of(new LimitPair(number(words[0]), number(words[1])))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static long number(String word) {
    return word.equals(UNLIMITED) ? -1 : Long.parseUnsignedLong(word);
  }

  /** Both no higher than a hard limit that cannot be raised. */
  LimitPair under(LimitPair other) {
    return new LimitPair(lesser(soft, other.hard), lesser(hard, other.hard));
  }

  private static long lesser(long a, long b) {
    return Long.compareUnsigned(a, b) < 0 ? a : b;
  }

  String text() {
    return NumberText.limit(soft) + " " + NumberText.limit(hard);
  }

  /** Whether neither limit is above the other pair's. */
  boolean within(LimitPair other) {
    return Long.compareUnsigned(soft, other.soft) <= 0
        && Long.compareUnsigned(hard, other.hard) <= 0;
  }
}
