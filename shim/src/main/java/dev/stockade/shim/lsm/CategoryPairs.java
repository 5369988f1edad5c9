package dev.stockade.shim.lsm;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The pairs of categories that keep pods apart: each pod that asks for none gets one that no other
 * has. Safe for use by many threads.
 */
final class CategoryPairs {
  private final int categories;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Integer> holders = new HashMap<>();

  /**
   * @param categories how many there are to pair, c0 and those after it; at least 2
   */
  CategoryPairs(int categories) {
    this.categories = categories;
  }

  /**
   * A pair that nobody has, as the policy writes it: {@code c3,c17}; empty when all are taken.
   * Which one cannot be told before, so that nothing is prepared for it.
   */
  synchronized Optional<String> claim() {
    int all = categories * (categories - 1) / 2;
    int first = random.nextInt(all);
    for (int i = 0; i < all; i++) {
      String pair = pair((first + i) % all);
      if (!holders.containsKey(pair)) {
        holders.put(pair, 1);
        return Optional.of(pair);
      }
    }
    return Optional.empty();
  }

  int categories() {
    return categories;
  }

  /** Notes one more holder of categories that were asked for or recorded. */
  synchronized void hold(String pair) {
    holders.merge(pair, 1, Integer::sum);
  }

  /** Takes back one {@link #claim} or {@link #hold}. */
  synchronized void release(String pair) {
    holders.computeIfPresent(pair, (unused, count) -> count > 1 ? count - 1 : null);
  }

  /** The pairs in order: c0,c1 is the first, the lower category first. */
  private static String pair(int index) {
    int higher = (int) ((1 + Math.sqrt(1 + 8.0 * index)) / 2);
    while (higher * (higher - 1) / 2 > index) {
      higher--;
    }
    while (higher * (higher + 1) / 2 <= index) {
      higher++;
    }
    return "c" + (index - higher * (higher - 1) / 2) + ",c" + higher;
  }
}
