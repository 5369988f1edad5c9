package dev.stockade.launcher.plan;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Which namespaces a launch makes, joins, or shares with the host. */
final class Namespaces {
  private final Map<NamespaceKind, String> asked = new EnumMap<>(NamespaceKind.class);
  private Optional<IdMaps> idMaps = Optional.empty();

  /** Notes a namespace; an empty path makes a new one. False if the kind is there already. */
  boolean ask(NamespaceKind kind, String path) {
    return asked.putIfAbsent(kind, path) == null;
  }

  void map(IdMaps maps) {
    idMaps = Optional.of(maps);
  }

  boolean makes(NamespaceKind kind) {
    return "".equals(asked.get(kind));
  }

  /** The path of a namespace to join. */
  Optional<String> joins(NamespaceKind kind) {
    return Optional.ofNullable(asked.get(kind)).filter(path -> !path.isEmpty());
  }

  boolean isHost(NamespaceKind kind) {
    return !asked.containsKey(kind);
  }

  /** Whether there is a user namespace. */
  boolean user() {
    return asked.containsKey(NamespaceKind.USER);
  }

  /** The id maps of the user namespace. */
  Optional<IdMaps> idMaps() {
    return idMaps;
  }
}
