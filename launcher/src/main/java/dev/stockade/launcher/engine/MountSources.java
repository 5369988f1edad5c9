package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.MountAttributes;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.PrivateMounts;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.plan.Propagation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The detached mounts a plan asks for. */
final class MountSources {
  private final IdMapNamespaces namespaces;
  private final boolean detachedLayers;
  private final Path attachedLayers;

  /**
   * @param detachedLayers whether overlayfs takes detached mounts as layers
   * @param attachedLayers the directory of the daemon's own where they get a path if it does not
   */
  MountSources(IdMapNamespaces namespaces, boolean detachedLayers, Path attachedLayers) {
    this.namespaces = namespaces;
    this.detachedLayers = detachedLayers;
    this.attachedLayers = attachedLayers;
  }

  Fd open(FdSource source) throws IOException, LaunchFailure {
    if (source instanceof FdSource.Overlay overlay) {
      return overlay(overlay);
    } else if (source instanceof FdSource.Layers layers) {
      return layers(layers);
    } else if (source instanceof FdSource.RootDirectory root) {
      return rootDirectory(root);
    } else if (source instanceof FdSource.BindTree bind) {
      return bind(bind);
    } else if (source instanceof FdSource.HostDevice device) {
      return device(device);
    } else if (source instanceof FdSource.NullDevice) {
      return nullDevice();
    } else if (source instanceof FdSource.EmptyTmpfs) {
      return Mounts.emptyTmpfs();
    }
    throw new LaunchFailure(LaunchFailure.Cause.PREPARATION, "no way is known to open " + source);
  }

  /**
   * The upper layer cannot be idmapped, because overlayfs makes files in it as the one who mounts,
   * whom the map does not have; it holds the host's ids, and its root is given to the container's.
   */
  private Fd overlay(FdSource.Overlay overlay) throws IOException, LaunchFailure {
    if (overlay.idmap().isPresent()) {
      IdMaps maps = overlay.idmap().get();
      try (Fd upper = HostPath.directory(overlay.upper())) {
        upper.owner(maps.hostUid(0).orElse(0), maps.hostGid(0).orElse(0));
      }
    }
    Mounts.Writable writable = new Mounts.Writable(overlay.upper(), overlay.work());
    return overlay(overlay.lower(), Optional.of(writable), overlay.idmap(), overlay.label(), 0);
  }

  private Fd layers(FdSource.Layers layers) throws IOException, LaunchFailure {
    Fd whole =
        overlay(
            layers.lower(),
            Optional.empty(),
            layers.idmap(),
            layers.label(),
            layers.attributes().set());
    if (layers.subPath().isEmpty()) {
      return whole;
    }
    try (whole) {
      return PrivateMounts.beneath(whole, layers.subPath(), attachedLayers);
    }
  }

  private Fd overlay(
      List<Path> lower,
      Optional<Mounts.Writable> writable,
      Optional<IdMaps> idmap,
      String label,
      long attributes)
      throws IOException, LaunchFailure {
    if (idmap.isPresent()) {
      return mappedOverlay(lower, writable, idmap.get(), label, attributes);
    }
    List<Mounts.Layer> layers = lower.stream().map(Mounts.Layer::of).toList();
    return Mounts.overlay(layers, writable, label, attributes);
  }

  /** An overlay cannot be idmapped, its layers can: each becomes an idmapped clone. */
  private Fd mappedOverlay(
      List<Path> lower,
      Optional<Mounts.Writable> writable,
      IdMaps maps,
      String label,
      long attributes)
      throws IOException, LaunchFailure {
    List<Fd> mapped = new ArrayList<>();
    try {
      for (Path layer : lower) {
        mapped.add(mapped(layer, Optional.of(maps)));
      }
      if (!detachedLayers) {
        return PrivateMounts.overlay(mapped, attachedLayers, writable, label, attributes);
      }
      List<Mounts.Layer> layers = mapped.stream().map(Mounts.Layer::of).toList();
      return Mounts.overlay(layers, writable, label, attributes);
    } finally {
      mapped.forEach(Fd::close);
    }
  }

  private Fd mapped(Path path, Optional<IdMaps> maps) throws IOException, LaunchFailure {
    try (Fd held = HostPath.directory(path)) {
      Fd tree = Mounts.openTree(held, false, path.toString());
      return closingOnFailure(tree, () -> map(tree, false, maps, path));
    }
  }

  private void map(Fd tree, boolean recursive, Optional<IdMaps> maps, Path path)
      throws IOException, LaunchFailure {
    if (maps.isPresent()) {
      MountAttributes change = new MountAttributes(0, 0, 0, Optional.of(namespaces.of(maps.get())));
      try {
        Mounts.setAttributes(tree, recursive, change, "idmap of " + path);
      } catch (SyscallException e) {
        if (e.is(Errno.EINVAL)) {
          throw refused(
              path, "its file system cannot be idmapped; use another for user namespaces");
        }
        throw e;
      }
    }
  }

  private Fd rootDirectory(FdSource.RootDirectory root) throws IOException, LaunchFailure {
    return mapped(root.path(), root.idmap());
  }

  private Fd bind(FdSource.BindTree bind) throws IOException, LaunchFailure {
    String label = "bind of " + bind.source();
    try (Fd held = HostPath.holdReal(bind.source())) {
      FileStatus status = held.status();
      boolean directory = status.kind() == FileKind.DIRECTORY;
      if (directory != (bind.expected() == dev.stockade.launcher.plan.FileKind.DIRECTORY)) {
        throw refused(
            bind.source(),
            "it is " + status.kind() + " now, which it was not when the container was created");
      }
      requirePropagation(bind, status);
      Fd tree = Mounts.openTree(held, bind.recursive(), label);
      return closingOnFailure(tree, () -> attributes(bind, tree, label));
    }
  }

  private void attributes(FdSource.BindTree bind, Fd tree, String label)
      throws IOException, LaunchFailure {
    map(tree, bind.recursiveIdmap(), bind.idmap(), bind.source());
    change(tree, true, bind.recursiveAttributes(), label);
    change(tree, false, bind.attributes(), label);
  }

  private static void change(
      Fd tree, boolean recursive, dev.stockade.launcher.plan.MountAttributes change, String label)
      throws IOException {
    if (change.set() != 0 || change.clear() != 0) {
      Mounts.setAttributes(
          tree, recursive, MountAttributes.of(change.set(), change.clear()), label);
    }
  }

  private static LaunchFailure refused(Path source, String why) {
    return new LaunchFailure(LaunchFailure.Cause.PREPARATION, "mount of " + source + ": " + why);
  }

  private static void requirePropagation(FdSource.BindTree bind, FileStatus status)
      throws IOException, LaunchFailure {
    if (bind.propagation() == Propagation.PRIVATE) {
      return;
    }
    for (MountInfo mount : MountInfo.self()) {
      if (mount.id() == status.mountId()
          && (mount.isShared() || (mount.isSlave() && bind.propagation() == Propagation.SLAVE))) {
        return;
      }
    }
    throw refused(
        bind.source(),
        "propagation "
            + bind.propagation()
            + " needs a source on a shared mount; run mount --make-rshared on it");
  }

  /** Read-only, because it is the host's: who may write to the mount may change owner and mode. */
  private static Fd nullDevice() throws IOException, LaunchFailure {
    String label = "mask of a file";
    try (Fd held = HostPath.holdNullDevice()) {
      Fd tree = Mounts.openTree(held, false, label);
      MountAttributes readOnly =
          MountAttributes.of(dev.stockade.launcher.plan.MountAttributes.RDONLY, 0);
      return closingOnFailure(tree, () -> Mounts.setAttributes(tree, false, readOnly, label));
    }
  }

  private static Fd device(FdSource.HostDevice device) throws IOException, LaunchFailure {
    try (Fd held = HostPath.hold(device.path())) {
      FileStatus status = held.status();
      FileKind kind = device.type() == 'b' ? FileKind.BLOCK_DEVICE : FileKind.CHARACTER_DEVICE;
      if (status.kind() != kind
          || status.specialMajor() != device.major()
          || status.specialMinor() != device.minor()) {
        throw refused(
            device.path(),
            "not the device " + device.type() + " " + device.major() + ":" + device.minor());
      }
      return Mounts.openTree(held, false, device.path().toString());
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException, LaunchFailure;
  }

  private static Fd closingOnFailure(Fd fd, Work work) throws IOException, LaunchFailure {
    try {
      work.run();
      return fd;
    } catch (IOException | LaunchFailure | RuntimeException e) {
      fd.close();
      throw e;
    }
  }
}
