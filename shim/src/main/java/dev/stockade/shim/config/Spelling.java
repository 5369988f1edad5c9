package dev.stockade.shim.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what a person probably meant. */
final class Spelling {
  private static final int LONGEST = 100;

  private Spelling() {}

  /** The nearest of the candidates, unless none is near. */
  static Optional<String> nearest(String written, Collection<String> candidates) {
    if (written.length() > LONGEST) {
      return Optional.empty();
    }
    String plain = written.toLowerCase(Locale.ROOT);
    int near = Math.max(2, written.length() / 3);
    return candidates.stream()
        .min(Comparator.comparingInt((String c) -> distance(plain, c)).thenComparing(c -> c))
        .filter(candidate -> distance(plain, candidate) <= near);
  }

  /**
   * Letters to change, insert, take out or swap with their neighbour (optimal string alignment).
   */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        cost[i][j] = i == 0 || j == 0 ? i + j : step(a, b, cost, i, j);
      }
    }
    return cost[a.length()][b.length()];
  }

  private static int step(String a, String b, int[][] cost, int i, int j) {
    boolean same = a.charAt(i - 1) == b.charAt(j - 1);
    int best = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
    best = Math.min(best, cost[i - 1][j - 1] + (same ? 0 : 1));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
  }
}
