package dev.stockade.shim.container;

import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.call.Undo;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.MountIntent.Propagation;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.node.NodePaths;
import dev.stockade.shim.node.NodeView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;

/** Looks at what of the host is to be mounted, before anything is made. */
final class HostSources {
  private static final FileAttribute<?> MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));

  private final Optional<OwnDirectories> own;
  private final NodeView node;
  private final boolean makes;
  private final Problems problems = new Problems();

  private HostSources(Optional<OwnDirectories> own, NodeView node) {
    this.own = own;
    this.node = node;
    this.makes = node.settings().rules().makeSources();
  }

  /**
   * Refuses sources that are missing, that are the daemon's, or that cannot propagate.
   *
   * @param field what messages call each of them
   * @param privileged such a container may have the daemon's own directories, as it has everything
   */
  static void check(
      List<MountIntent> mounts, IntFunction<String> field, boolean privileged, NodeView node)
      throws IntentRejection, CallFailure {
    HostSources sources = new HostSources(own(mounts, privileged, node.paths()), node);
    for (int i = 0; i < mounts.size(); i++) {
      if (mounts.get(i).ofHost()) {
        sources.check(field.apply(i), mounts.get(i));
      }
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
      Path source = Path.of(mount.source());
      Path there = makes || node.coming(source).isPresent() ? nearest(source) : source;
      Path real = there.toRealPath().resolve(there.relativize(source)).normalize();
      boolean shared = mount.propagation() == Propagation.BIDIRECTIONAL;
      own.flatMap(directories -> directories.objection(real, shared))
          .ifPresent(o -> problems.invalid(field + ".host_path", o.reason(), o.advice()));
      if (mount.propagation() != Propagation.PRIVATE) {
        propagation(field, mount.propagation(), MountInfo.holding(there));
      }
    } catch (IOException e) {
      problems.unenforceable(
          field + ".host_path",
          "cannot be reached: " + e,
          "create what is to be mounted first, and name it without a loop of links");
    }
  }

  /** The path, or the deepest directory above it that is there. */
  private static Path nearest(Path path) {
    Path there = path;
    while (Files.notExists(there, LinkOption.NOFOLLOW_LINKS) && there.getParent() != null) {
      there = there.getParent();
    }
    return there;
  }

  /** Makes the directories that are missing. */
  static void make(List<MountIntent> mounts, Undo undo) throws CallFailure {
    for (MountIntent mount : mounts.stream().filter(MountIntent::ofHost).toList()) {
      Path source = Path.of(mount.source());
      Deque<Path> missing = new ArrayDeque<>();
      for (Path at = source; !at.equals(nearest(source)); at = parent(at)) {
        missing.push(at);
      }
      for (Path directory : missing) {
        try {
          Files.createDirectory(directory, MODE);
          undo.add("remove " + directory, () -> Files.deleteIfExists(directory));
        } catch (IOException e) {
          throw Refusals.of("make host_path " + mount.source() + " of a mount", e);
        }
      }
    }
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent());
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
