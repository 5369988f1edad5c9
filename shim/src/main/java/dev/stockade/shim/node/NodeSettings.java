package dev.stockade.shim.node;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.shim.image.PinnedImages;
import dev.stockade.shim.oci.NodeDefaults;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What the administrator decided for this node.
 *
 * @param mayDegrade constraints that may be missing
 * @param reportMissingControllers whether limits whose cgroup controller is missing are reported
 *     instead of refused
 * @param verifyBeforeExec whether a launch that cannot be verified before its first instruction is
 *     refused
 * @param rules what a sound request may have
 * @param cdi directories of specifications of devices; a later one counts before an earlier
 * @param pinned images that no garbage collection may take
 * @param cgroupParent where pods without a parent of their own go, beneath the cgroup2 mount
 */
public record NodeSettings(
    NodeDefaults defaults,
    Set<Constraint> mayDegrade,
    boolean reportMissingControllers,
    boolean verifyBeforeExec,
    NodeRules rules,
    String cgroupParent,
    List<Path> cdi,
    PinnedImages pinned) {
  /** Copies the collections. */
  public NodeSettings {
    mayDegrade = Set.copyOf(mayDegrade);
    cdi = List.copyOf(cdi);
  }
}
