package dev.stockade.shim.container;

import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.MountIntent.Propagation;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Looks at what of the host is to be mounted, before anything is made. */
final class HostSources {
  private final Optional<OwnDirectories> own;
  private final Problems problems = new Problems();

  private HostSources(Optional<OwnDirectories> own) {
    this.own = own;
  }

  /**
   * Refuses sources that are missing, that are the daemon's, or that cannot propagate.
   *
   * @param privileged such a container may have the daemon's own directories, as it has everything
   */
  static void check(List<MountIntent> mounts, boolean privileged, NodePaths paths)
      throws IntentRejection, CallFailure {
    HostSources sources = new HostSources(own(mounts, privileged, paths));
    for (int i = 0; i < mounts.size(); i++) {
      sources.check("mounts[" + i + "]", mounts.get(i));
    }
    sources.problems.refuse("CreateContainer");
  }

  private static Optional<OwnDirectories> own(
      List<MountIntent> mounts, boolean privileged, NodePaths paths) throws CallFailure {
    if (mounts.isEmpty() || privileged) {
      return Optional.empty();
    }
    try {
      return Optional.of(OwnDirectories.now(paths.run(), paths.state()));
    } catch (IOException e) {
      throw Refusals.of("find the directories of this runtime", e);
    }
  }

  private void check(String field, MountIntent mount) {
    try {
      Path real = Path.of(mount.source()).toRealPath();
      boolean shared = mount.propagation() == Propagation.BIDIRECTIONAL;
      own.flatMap(directories -> directories.objection(real, shared))
          .ifPresent(o -> problems.invalid(field + ".host_path", o.reason(), o.advice()));
      if (mount.propagation() != Propagation.PRIVATE) {
        propagation(field, mount.propagation(), MountInfo.holding(real));
      }
    } catch (IOException e) {
      problems.unenforceable(
          field + ".host_path",
          "cannot be reached: " + e,
          "create what is to be mounted first, and name it without a loop of links");
    }
  }

  private void propagation(String field, Propagation asked, Optional<MountInfo> holding) {
    boolean shared = holding.filter(MountInfo::isShared).isPresent();
    boolean slave = holding.filter(MountInfo::isSlave).isPresent();
    if (!shared && !(slave && asked == Propagation.HOST_TO_CONTAINER)) {
      problems.unenforceable(
          field + ".propagation",
          "asks for " + asked + ", and the source is on a private mount",
          "run mount --make-rshared on it, or ask for PROPAGATION_PRIVATE");
    }
  }
}
