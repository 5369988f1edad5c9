package dev.stockade.shim.container;

import dev.stockade.launcher.plan.FileKind;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.node.NodePaths;
import dev.stockade.shim.node.NodeView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the binds of a container mean on this host now. No container sees the daemon's own
 * directories, unless it is privileged and so has everything: they are refused as sources, and
 * masked where a source has them beneath it.
 */
final class BindSources {
  private final NodeView node;
  private final NodePaths paths;
  private @Nullable OwnDirectories own;

  BindSources(NodeView node) {
    this.node = node;
    this.paths = node.paths();
  }

  /**
   * The spec with the sources as they are without links, which the launch does not follow, and with
   * masks over the daemon's directories.
   */
  OciSpec resolve(OciSpec spec, boolean privileged) throws CallFailure {
    List<OciMount> mounts = new ArrayList<>();
    List<String> masks = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (OciMount mount : spec.mounts()) {
      if (!mount.type().equals("bind")) {
        mounts.add(mount);
        continue;
      }
      String what = "host_path " + mount.source() + " of mount " + mount.destination();
      try {
        Optional<Path> real = real(mount.source());
        real.map(path -> mount.withSource(path.toString())).ifPresent(mounts::add);
        if (real.isEmpty()) {
          missing.add(what + " is missing");
        } else if (!privileged && !Path.of(mount.source()).startsWith(paths.run())) {
          boolean shared = mount.options().contains("rshared");
          for (Path own : requireOthers("mounts: " + what + " ", real.get(), shared)) {
            masks.add(Path.of(mount.destination()).resolve(own).toString());
          }
        }
      } catch (IOException e) {
        throw Refusals.of("resolve " + what, e);
      }
    }
    if (!missing.isEmpty()) {
      throw new CallFailure(
          CallFailure.Kind.WRONG_STATE,
          "mounts: " + String.join(", ", missing) + "; create what is to be mounted first");
    }
    return with(spec, mounts, masks);
  }

  private static OciSpec with(OciSpec spec, List<OciMount> mounts, List<String> masks) {
    OciLinux linux = spec.linux();
    return spec.withMounts(mounts, linux == null ? null : linux.alsoMasked(masks));
  }

  /** What each bind's source is, in a spec that is resolved. */
  Map<String, FileKind> kinds(OciSpec spec) {
    Map<String, FileKind> kinds = new HashMap<>();
    for (OciMount mount : spec.mounts()) {
      if (mount.type().equals("bind")) {
        Path source = Path.of(mount.source());
        FileKind kind = Files.isDirectory(source) ? FileKind.DIRECTORY : FileKind.FILE;
        kinds.put(mount.source(), Files.exists(source) ? kind : node.coming(source).orElse(kind));
      }
    }
    return kinds;
  }

  private Optional<Path> real(String source) throws IOException {
    try {
      return Optional.of(Path.of(source).toRealPath());
    } catch (NoSuchFileException e) {
      Path path = Path.of(source);
      return node.coming(path).map(kind -> path);
    }
  }

  /** The daemon's directories beneath a source, which are to be hidden. */
  private List<Path> requireOthers(String what, Path real, boolean shared)
      throws IOException, CallFailure {
    if (own == null) {
      own = OwnDirectories.now(paths.run(), paths.state());
    }
    Optional<OwnDirectories.Objection> objection = own.objection(real, shared);
    if (objection.isPresent()) {
      throw new CallFailure(
          CallFailure.Kind.INVALID,
          what + objection.get().reason() + "; " + objection.get().advice());
    }
    return own.beneath(real);
  }
}
