package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.plan.IdMaps;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * User namespaces that exist only to carry id maps for mounts, one per map, the least recently used
 * let go.
 */
final class IdMapNamespaces implements AutoCloseable {
  private static final int KEPT = 64;

  /** Makes a user namespace with the maps. */
  @FunctionalInterface
  interface Maker {
    Fd make(IdMaps maps) throws IOException, LaunchFailure;
  }

  private final Maker maker;
  private final Map<IdMaps, Fd> namespaces = new LinkedHashMap<>(KEPT, 0.75f, true);

  IdMapNamespaces(Maker maker) {
    this.maker = maker;
  }

  /** The namespace; it stays owned here, and a call that is using it keeps it open. */
  synchronized Fd of(IdMaps maps) throws IOException, LaunchFailure {
    Fd known = namespaces.get(maps);
    if (known != null) {
      return known;
    }
    Fd made = maker.make(maps);
    namespaces.put(maps, made);
    if (namespaces.size() > KEPT) {
      var eldest = namespaces.entrySet().iterator();
      eldest.next().getValue().close();
      eldest.remove();
    }
    return made;
  }

  @Override
  public synchronized void close() {
    namespaces.values().forEach(Fd::close);
    namespaces.clear();
  }
}
