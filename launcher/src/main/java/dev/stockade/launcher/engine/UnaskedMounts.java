package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Constraint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Mounts of a process that no claim accounts for. Accounted for is what is found at a claimed path;
 * what it lies over, as often as something is claimed there; what came with a recursive bind or was
 * propagated to it; the parts of a read-only copy; and what another asked-for mount hides.
 */
final class UnaskedMounts {
  private static final int NAMED = 3;

  /** What makes a mount, or lays one over another. */
  private static final Set<Constraint> MAKERS =
      EnumSet.of(
          Constraint.MOUNTS_ROOT,
          Constraint.MOUNTS_MOUNT,
          Constraint.MOUNTS_MASKED,
          Constraint.MOUNTS_READ_ONLY,
          Constraint.DEVICES_NODE);

  private final MountReadings readings;
  private final MountTree tree;
  private final Map<Integer, Integer> claimed = new HashMap<>();
  private final Set<Integer> accounted = new HashSet<>();

  private UnaskedMounts(MountReadings readings, MountTree tree) {
    this.readings = readings;
    this.tree = tree;
  }

  /** In words, or {@code none}. */
  static String of(MountReadings readings, MountTree tree, List<Claim> claims) throws IOException {
    UnaskedMounts unasked = new UnaskedMounts(readings, tree);
    for (Claim claim : claims) {
      unasked.top(claim);
    }
    for (Claim claim : claims) {
      unasked.account(claim);
    }
    return unasked.rest();
  }

  private Optional<MountInfo> at(Claim claim) throws IOException {
    if (!MAKERS.contains(claim.constraint())) {
      return Optional.empty();
    }
    String path = claim.constraint() == Constraint.MOUNTS_ROOT ? "/" : claim.subject();
    return readings
        .find(path)
        .filter(at -> at.status().mountRoot())
        .map(MountReadings.Found::mount);
  }

  private void top(Claim claim) throws IOException {
    at(claim)
        .ifPresent(
            mount -> {
              claimed.merge(mount.id(), 1, Integer::sum);
              accounted.add(mount.id());
            });
  }

  private void account(Claim claim) throws IOException {
    Optional<MountInfo> at = at(claim);
    if (at.isEmpty()) {
      return;
    }
    MountInfo top = at.get();
    covered(top, claimed.getOrDefault(top.id(), 0) - 1);
    if (claim.constraint() == Constraint.MOUNTS_MOUNT && readings.isTree(claim.subject())) {
      add(tree.tree(top, Set.of()));
    }
    if (claim.constraint() == Constraint.MOUNTS_READ_ONLY) {
      add(tree.tree(top, Set.of()).stream().filter(tree::hasTwin).toList());
    }
  }

  private void add(List<MountInfo> mounts) {
    mounts.forEach(mount -> accounted.add(mount.id()));
  }

  /** The mounts a mount lies over at its own point, with what is on them. */
  private void covered(MountInfo top, int layers) {
    MountInfo at = top;
    for (int layer = 0; layer < layers; layer++) {
      MountInfo below = tree.mount(at.parent());
      if (below == null || !below.point().equals(top.point())) {
        return;
      }
      add(tree.tree(below, Set.of(at.id())));
      at = below;
    }
  }

  private String rest() throws IOException {
    List<String> rest = new ArrayList<>();
    for (MountInfo mount : tree.all()) {
      if (!accounted.contains(mount.id()) && !isHidden(mount)) {
        rest.add(mount.type() + " on " + mount.point());
      }
    }
    if (rest.size() > NAMED) {
      return String.join(", ", rest.subList(0, NAMED)) + " and " + (rest.size() - NAMED) + " more";
    }
    return rest.isEmpty() ? "none" : String.join(", ", rest);
  }

  /** Whether an asked-for mount that is neither over nor beneath it is in its place. */
  private boolean isHidden(MountInfo mount) throws IOException {
    return shown(mount.point())
        .filter(shown -> shown.id() != mount.id() && accounted.contains(shown.id()))
        .filter(shown -> !tree.isOn(shown, mount) && !tree.isOn(mount, shown))
        .isPresent();
  }

  /** The mount one comes to on the way to a path, as far as there is one. */
  private Optional<MountInfo> shown(String path) throws IOException {
    String at = path;
    Optional<MountReadings.Found> found = readings.find(at);
    while (found.isEmpty() && !at.isEmpty()) {
      at = at.substring(0, at.lastIndexOf('/'));
      found = readings.find(at);
    }
    return found.map(MountReadings.Found::mount);
  }
}
