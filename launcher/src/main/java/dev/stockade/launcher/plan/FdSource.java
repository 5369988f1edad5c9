package dev.stockade.launcher.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the engine opens, makes or attaches for a supplied slot. Every descriptor is CLOEXEC. */
public sealed interface FdSource {
  /**
   * A detached overlay mount.
   *
   * @param lower the layers, topmost first
   * @param upper the writable layer
   * @param work overlayfs's own directory beside it
   * @param idmap the ids the lower layers and the upper one are shown with; an overlay mount cannot
   *     be idmapped, its layers can
   * @param label the SELinux context of every file, or empty
   */
  record Overlay(List<Path> lower, Path upper, Path work, Optional<IdMaps> idmap, String label)
      implements FdSource {
    public Overlay {
      lower = List.copyOf(lower);
    }
  }

  /**
   * A detached, read-only overlay mount of layers, or of one directory in what they show together.
   *
   * @param lower the layers, topmost first; overlayfs wants two at least where nothing is written
   * @param subPath relative, without {@code ..}; links in it are resolved among the layers; empty
   *     for the whole
   * @param attributes for the mount
   * @param idmap the ids the layers are shown with
   * @param label the SELinux context of every file, or empty
   */
  record Layers(
      List<Path> lower,
      String subPath,
      MountAttributes attributes,
      Optional<IdMaps> idmap,
      String label)
      implements FdSource {
    public Layers {
      lower = List.copyOf(lower);
    }
  }

  /** A detached, not recursive clone of the directory's mount as the root. */
  record RootDirectory(Path path, Optional<IdMaps> idmap) implements FdSource {}

  /**
   * A detached clone of a tree of the host, open_tree(2), with attributes by mount_setattr(2). The
   * engine refuses a source that is not of the expected kind, and one whose mount is not shared
   * (SHARED) or neither shared nor slave (SLAVE) as the propagation needs it.
   *
   * @param source a path of the host
   * @param recursive with the mounts beneath
   * @param attributes for the topmost mount
   * @param recursiveAttributes for every mount of the tree
   * @param idmap the ids the topmost mount shows
   * @param recursiveIdmap whether every mount of the tree shows them
   * @param expected what the source must be
   * @param propagation what will be between the source and the container
   */
  record BindTree(
      Path source,
      boolean recursive,
      MountAttributes attributes,
      MountAttributes recursiveAttributes,
      Optional<IdMaps> idmap,
      boolean recursiveIdmap,
      FileKind expected,
      Propagation propagation)
      implements FdSource {}

  /**
   * A detached clone of a device node of the host, for user namespaces, where none can be made. The
   * engine refuses a path that is not this device.
   *
   * @param type c or b
   */
  record HostDevice(Path path, char type, long major, long minor) implements FdSource {}

  /**
   * A detached, read-only clone of a null device (character device 1:3, checked), which hides
   * files.
   */
  record NullDevice() implements FdSource {}

  /**
   * A detached procfs of the host's processes, attached nowhere: what is written to the kernel goes
   * through it.
   */
  record PrivateProc() implements FdSource {}

  /** A detached, empty, read-only tmpfs, which hides directories. */
  record EmptyTmpfs() implements FdSource {}

  /** A namespace; the engine checks its kind with NS_GET_NSTYPE. */
  record NamespaceFile(Path path, NamespaceKind kind) implements FdSource {}

  /**
   * One end of a standard stream, or the null device.
   *
   * @param owner the host's uid that owns the pipe, so that the workload can open {@code
   *     /dev/stdout} again
   * @param label the pipe's SELinux context, or empty; with that of its maker, which the workload
   *     may not use, exec would put something else in its place
   */
  record StdStream(Stream which, End end, long owner, String label) implements FdSource {}

  /** The container's log, for appending. */
  record LogFile() implements FdSource {}

  /** A null device to write to, where output is thrown away. */
  record Discard() implements FdSource {}

  /** The directory exit records are left in. */
  record ExitDirectory() implements FdSource {}

  /** A listening SOCK_SEQPACKET socket. */
  record ControlListener() implements FdSource {}

  /** The cgroup the process is born into, with limits and device program in place. */
  record CgroupDirectory() implements FdSource {}

  /** {@code memory.events} of that cgroup. */
  record MemoryEvents() implements FdSource {}

  /** The running warden's own image. */
  record WardenImage() implements FdSource {}

  /** The standard streams. */
  enum Stream {
    STDIN,
    STDOUT,
    STDERR
  }

  /** Which end of a standard stream. */
  enum End {
    /** The end the workload gets. */
    CHILD,
    /** The end the monitor or the engine keeps. */
    MONITOR,
    /** No pipe: the null device, for reading and writing. */
    NULL
  }
}
