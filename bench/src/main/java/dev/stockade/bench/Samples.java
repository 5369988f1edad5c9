package dev.stockade.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Durations of one thing, in microseconds. */
final class Samples {
  private final List<Long> micros = new ArrayList<>();

  void add(long duration) {
    micros.add(duration);
  }

  /** The value below which this share of the samples lies, by the nearest rank. */
  long quantile(double share) {
    List<Long> sorted = new ArrayList<>(micros);
    Collections.sort(sorted);
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.get(Math.max(rank, 1) - 1);
  }

  long median() {
    return quantile(0.5);
  }

  long first() {
    return micros.get(0);
  }

  /** The median of the last third, which tells whether they rise. */
  long lastThird() {
    Samples last = new Samples();
    micros
        .subList(micros.size() - Math.max(1, micros.size() / 3), micros.size())
        .forEach(last::add);
    return last.median();
  }

  /** Number, tenth percentile, median and ninetieth percentile in milliseconds. */
  String row(String name) {
    return String.format(
        Locale.ROOT,
        "%-34s %5d %9.2f %9.2f %9.2f",
        name,
        micros.size(),
        quantile(0.1) / 1e3,
        median() / 1e3,
        quantile(0.9) / 1e3);
  }

  static String header() {
    return String.format(
        Locale.ROOT, "%-34s %5s %9s %9s %9s", "milliseconds", "n", "p10", "median", "p90");
  }
}
