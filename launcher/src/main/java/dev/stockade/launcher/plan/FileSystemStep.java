package dev.stockade.launcher.plan;

import java.util.List;

/**
 * What makes the container's file system. Paths are relative to its root and have no leading slash.
 */
public sealed interface FileSystemStep extends Step {
  /**
   * A new file system as a detached mount: fsopen(2), fsconfig(2), fsmount(2).
   *
   * @param options {@code key} or {@code key=value}
   * @param attributes {@link MountAttributes} bits
   * @param mount the slot it fills
   */
  record MountFs(String type, List<String> options, long attributes, Slot mount)
      implements FileSystemStep {}

  /**
   * A new procfs of a PID namespace that the child does not live in, as a detached mount.
   *
   * @param options {@code key} or {@code key=value}
   * @param attributes {@link MountAttributes} bits
   * @param mount the slot it fills
   */
  record MountProc(Slot pidNs, List<String> options, long attributes, Slot mount)
      implements FileSystemStep {}

  /**
   * The root, attached at an empty directory of the host; later paths resolve beneath it.
   *
   * @param at absolute, on the host
   */
  record UseRoot(Slot root, String at) implements FileSystemStep {}

  /**
   * move_mount(2).
   *
   * @param create what is made where the target does not exist, {@link FileKind#create()}
   * @param propagation {@link MountFlags}, 0 = private, recursively
   */
  record Attach(Slot mount, String target, long create, long propagation)
      implements FileSystemStep {}

  record MakeDir(String path, long mode, long uid, long gid) implements FileSystemStep {}

  /**
   * mknodat(2).
   *
   * @param mode with the file type
   * @param device major shifted by 32, or minor
   */
  record MakeNode(String path, long mode, long device, long uid, long gid)
      implements FileSystemStep {}

  record MakeSymlink(String target, String path) implements FileSystemStep {}

  /**
   * Hides a path; one that does not exist needs no hiding.
   *
   * @param nullDevice what hides a file
   * @param empty what hides a directory
   */
  record Mask(String path, Slot nullDevice, Slot empty) implements FileSystemStep {}

  /** Makes a tree read-only; one that does not exist needs nothing. */
  record ReadOnly(String path) implements FileSystemStep {}

  /**
   * mount_setattr(2) of the root mount.
   *
   * @param set {@link MountAttributes} bits
   * @param clear likewise
   */
  record RootAttributes(long set, long clear) implements FileSystemStep {}

  /** The root becomes the process's root and everything else is gone. */
  record PivotRoot() implements FileSystemStep {}

  /**
   * Opens a directory beneath the root for later steps.
   *
   * @param directory the slot it fills
   */
  record OpenDir(String path, Slot directory) implements FileSystemStep {}
}
