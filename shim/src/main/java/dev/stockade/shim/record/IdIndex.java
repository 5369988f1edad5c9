package dev.stockade.shim.record;

import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Things by identifier, found by the whole identifier or by a prefix of it.
 *
 * <p>Safe for concurrent use.
 */
public final class IdIndex<T> {
  private final NavigableMap<String, T> byId = new ConcurrentSkipListMap<>();

  /** Adds a thing under its whole identifier. */
  public void add(String id, T thing) {
    byId.put(id, thing);
  }

  /** Forgets the thing. */
  public void remove(String id) {
    byId.remove(id);
  }

  /** The thing with exactly this identifier. */
  public Optional<T> get(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /**
   * The thing with this identifier, or the only one whose identifier begins with it, as people type
   * them.
   */
  public Optional<T> find(String idOrPrefix) {
    Optional<T> exact = get(idOrPrefix);
    if (exact.isPresent() || idOrPrefix.isEmpty()) {
      return exact;
    }
    List<T> matching = withPrefix(idOrPrefix);
    return matching.size() == 1 ? Optional.of(matching.get(0)) : Optional.empty();
  }

  /** All things whose identifier begins with the prefix; an empty prefix matches all. */
  public List<T> withPrefix(String prefix) {
    // '~' sorts after every hexadecimal digit.
    return List.copyOf(byId.subMap(prefix, true, prefix + "~", true).values());
  }

  /** All things, by identifier. */
  public Collection<T> all() {
    return List.copyOf(byId.values());
  }
}
