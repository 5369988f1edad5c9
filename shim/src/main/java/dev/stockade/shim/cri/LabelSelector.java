package dev.stockade.shim.cri;

import java.util.Map;

/** Whether labels hold everything a filter asks for; a filter that asks for nothing matches all. */
final class LabelSelector {
  private LabelSelector() {}

  static boolean matches(Map<String, String> selector, Map<String, String> labels) {
    return selector.entrySet().stream().allMatch(e -> e.getValue().equals(labels.get(e.getKey())));
  }
}
