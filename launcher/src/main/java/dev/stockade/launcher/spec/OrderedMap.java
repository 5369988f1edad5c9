package dev.stockade.launcher.spec;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Immutable maps in the order of their keys, so that equal specs give equal plans. */
final class OrderedMap {
  private OrderedMap() {}

  static <V> Map<String, V> copyOf(@Nullable Map<String, V> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(map));
  }
}
