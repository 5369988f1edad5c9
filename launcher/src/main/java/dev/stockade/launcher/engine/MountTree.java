package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.MountInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The mounts of a mount namespace by their numbers, and what is mounted on what. */
final class MountTree {
  private final Map<Long, MountInfo> mounts = new LinkedHashMap<>();
  private final Map<Long, List<Long>> children = new HashMap<>();
  private final Map<String, Integer> shown = new HashMap<>();

  MountTree(List<MountInfo> lines) {
    for (MountInfo mount : lines) {
      mounts.put((long) mount.id(), mount);
      children
          .computeIfAbsent((long) mount.parent(), id -> new ArrayList<>())
          .add((long) mount.id());
      shown.merge(shows(mount), 1, Integer::sum);
    }
  }

  private static String shows(MountInfo mount) {
    return mount.device() + " " + mount.root() + " " + mount.point();
  }

  /** Whether another mount shows the same at the same point: one of both is a copy. */
  boolean hasTwin(MountInfo mount) {
    return shown.getOrDefault(shows(mount), 0) > 1;
  }

  @Nullable MountInfo mount(long id) {
    return mounts.get(id);
  }

  Collection<MountInfo> all() {
    return mounts.values();
  }

  /**
   * A mount and all that is mounted on it or beneath, apart from some mounts and what is on those.
   */
  List<MountInfo> tree(MountInfo top, Set<Integer> without) {
    List<MountInfo> found = new ArrayList<>(List.of(top));
    for (int i = 0; i < found.size(); i++) {
      for (long child : children.getOrDefault((long) found.get(i).id(), List.of())) {
        MountInfo mount = mounts.get(child);
        if (mount != null && mount.id() != top.id() && !without.contains(mount.id())) {
          found.add(mount);
        }
      }
    }
    return found;
  }

  /** Whether one mount is on another or somewhere on what is on that. */
  boolean isOn(MountInfo mount, MountInfo other) {
    MountInfo at = mount;
    for (int depth = 0; at != null && depth <= mounts.size(); depth++) {
      if (at.parent() == other.id()) {
        return true;
      }
      at = at.parent() == at.id() ? null : mounts.get((long) at.parent());
    }
    return false;
  }
}
