package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.ShownOptions;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The process's mounts. A path is looked up beneath its root as the process itself would, and what
 * is found is known by the number of the mount it is on, because a mount point's text says nothing
 * about what is mounted over what.
 */
final class MountReadings implements AutoCloseable {
  private static final int MOUNTINFO_MAX = 16 << 20;
  private static final int NULL_MAJOR = 1;
  private static final int NULL_MINOR = 3;
  private static final String ABSENT = "absent";
  private static final String READ_ONLY = "ro";
  private static final Set<Constraint> MOUNTS_OF_THEIR_OWN =
      EnumSet.of(
          Constraint.MOUNTS_MOUNT,
          Constraint.MOUNTS_MASKED,
          Constraint.MOUNTS_READ_ONLY,
          Constraint.DEVICES_NODE);
  private static final Set<String> NOT_FLAGS = Set.of("rw", "relatime");

  private final Directory root;
  private final MountTree tree;
  private final List<Claim> claims;
  private final Map<String, MadeMount> made;
  private final Map<String, Optional<Found>> found = new HashMap<>();
  private final Map<Set<Constraint>, Set<Integer>> tops = new HashMap<>();

  private MountReadings(
      Directory root, MountTree tree, List<Claim> claims, Map<String, MadeMount> made) {
    this.root = root;
    this.tree = tree;
    this.claims = claims;
    this.made = made;
  }

  /**
   * Reads the table of mounts, once.
   *
   * @param claims all that is claimed of the process
   * @param made the mounts the launcher made, by where the plan attaches them
   */
  static MountReadings of(ProcDirectory proc, List<Claim> claims, Map<String, MadeMount> made)
      throws IOException {
    MountTree tree = new MountTree(MountInfo.parse(proc.read("mountinfo", MOUNTINFO_MAX)));
    return new MountReadings(proc.root(), tree, claims, made);
  }

  /** The reading of a claim about mounts, masks and devices. */
  String value(Claim claim) throws IOException {
    String path = claim.subject();
    return switch (claim.constraint()) {
      case MOUNTS_ROOT -> rootAccess();
      case MOUNTS_SOURCE -> source(claim);
      case MOUNTS_MOUNT -> mount(path);
      case MOUNTS_TREE -> treeFlags(path);
      case MOUNTS_OPTIONS -> options(claim);
      case MOUNTS_PROPAGATION -> propagation(path);
      case MOUNTS_MASKED -> masked(path);
      case MOUNTS_READ_ONLY -> access(path);
      case LSM_SELINUX_FILES -> context(path);
      case MOUNTS_OTHERS -> UnaskedMounts.of(this, tree, claims);
      default -> device(path);
    };
  }

  Directory root() {
    return root;
  }

  /** Whether mounts beneath a path can have come with what is attached there. */
  boolean isTree(String path) {
    MadeMount mount = made.get(path);
    return mount != null && mount.tree();
  }

  /** Something of the process's root. */
  record Found(FileStatus status, MountInfo mount) {}

  /** What is at a path; empty if there is nothing. */
  Optional<Found> find(String path) throws IOException {
    Optional<Found> known = found.get(path);
    if (known == null) {
      known = lookUp(path);
      found.put(path, known);
    }
    return known;
  }

  private Optional<Found> lookUp(String path) throws IOException {
    try (Fd held = root.openPath(path)) {
      FileStatus status = held.status();
      MountInfo mount = tree.mount(status.mountId());
      if (mount == null) {
        throw new IOException(path + " is on a mount that mountinfo does not list");
      }
      return Optional.of(new Found(status, mount));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * The source that was asked for if its mount is attached at the path and its root is what one
   * finds there. Something read-only made of it may lie over it.
   */
  private String source(Claim claim) throws IOException {
    Optional<Found> there = find(claim.subject());
    MadeMount mount = made.get(claim.subject());
    if (there.isEmpty() || mount == null) {
      return ABSENT;
    }
    MountInfo top = there.get().mount();
    MountInfo attached = tree.mount(mount.root().mountId());
    boolean shown =
        attached != null
            && attached.point().equals(top.point())
            && there.get().status().mountRoot()
            && there.get().status().sameInode(mount.root());
    return shown ? claim.expected() : top.root() + " of " + top.type() + " " + top.device();
  }

  private static Set<String> flags(MountInfo mount) {
    Set<String> flags = new TreeSet<>(mount.options());
    flags.removeAll(NOT_FLAGS);
    if (mount.superOptions().contains(READ_ONLY)) {
      flags.add(READ_ONLY);
    }
    return flags;
  }

  private static boolean readOnly(MountInfo mount) {
    return mount.options().contains(READ_ONLY) || mount.superOptions().contains(READ_ONLY);
  }

  /** The mounts that are there because of claims of some constraints. */
  private Set<Integer> tops(Set<Constraint> constraints) throws IOException {
    Set<Integer> known = tops.get(constraints);
    if (known != null) {
      return known;
    }
    Set<Integer> mounts = new HashSet<>();
    for (Claim claim : claims) {
      if (constraints.contains(claim.constraint())) {
        find(claim.subject())
            .filter(at -> at.status().mountRoot())
            .ifPresent(at -> mounts.add(at.mount().id()));
      }
    }
    tops.put(constraints, mounts);
    return mounts;
  }

  /** What every mount of a tree has, apart from those that are claimed for themselves. */
  private String treeFlags(String point) throws IOException {
    Optional<Found> there = find(point);
    if (there.isEmpty()) {
      return ABSENT;
    }
    Set<String> common = flags(there.get().mount());
    for (MountInfo mount : tree.tree(there.get().mount(), tops(MOUNTS_OF_THEIR_OWN))) {
      common.retainAll(flags(mount));
    }
    return common.isEmpty() ? "none" : String.join(",", common);
  }

  private String rootAccess() throws IOException {
    return find("/")
        .map(at -> at.mount().options().contains(READ_ONLY) ? READ_ONLY : "rw")
        .orElse(ABSENT);
  }

  /** The file system's type and every flag of the mount. */
  private String mount(String point) throws IOException {
    Optional<Found> there = find(point);
    if (there.isEmpty()) {
      return ABSENT;
    }
    if (!there.get().status().mountRoot()) {
      return "not mounted";
    }
    MountInfo mount = there.get().mount();
    Set<String> flags = flags(mount);
    return flags.isEmpty() ? mount.type() : mount.type() + " " + String.join(",", flags);
  }

  private String options(Claim claim) throws IOException {
    Optional<MountInfo> mount = find(claim.subject()).map(Found::mount);
    return mount.isEmpty()
        ? ABSENT
        : ShownOptions.shown(mount.get().type(), claim.expected(), mount.get().superOptions());
  }

  private String context(String point) throws IOException {
    try (Fd held = root.openPath(point)) {
      return held.label().orElse("none");
    }
  }

  private String propagation(String point) throws IOException {
    Optional<Found> there = find(point);
    if (there.isEmpty()) {
      return ABSENT;
    }
    Set<String> fields =
        there.get().mount().propagation().stream()
            .map(field -> field.replaceAll(":.*", ""))
            .collect(Collectors.toSet());
    if (fields.contains("shared")) {
      return "shared";
    }
    if (fields.contains("unbindable")) {
      return "unbindable";
    }
    return fields.contains("master") ? "slave" : "private";
  }

  /** Whether the null device or an empty tmpfs nobody can write is in the path's place. */
  private String masked(String path) throws IOException {
    Optional<Found> there = find(path);
    if (there.isEmpty()) {
      return ABSENT;
    }
    FileStatus status = there.get().status();
    if (status.kind() == FileKind.CHARACTER_DEVICE) {
      boolean isNull = status.specialMajor() == NULL_MAJOR && status.specialMinor() == NULL_MINOR;
      return isNull && status.mountRoot() ? "masked" : "visible";
    }
    MountInfo mount = there.get().mount();
    boolean empty =
        status.kind() == FileKind.DIRECTORY
            && status.mountRoot()
            && mount.type().equals("tmpfs")
            && readOnly(mount)
            && isEmpty(path);
    return empty ? "masked" : "visible";
  }

  private boolean isEmpty(String path) throws IOException {
    try (Directory directory = root.directory(path)) {
      return directory.list(1).isEmpty();
    } catch (SyscallException e) {
      if (e.is(Errno.EFBIG)) {
        return false;
      }
      throw e;
    }
  }

  /** Masks are laid over a read-only tree afterwards and cannot be written either. */
  private String access(String path) throws IOException {
    Optional<Found> there = find(path);
    if (there.isEmpty()) {
      return ABSENT;
    }
    Set<Integer> masks = tops(Set.of(Constraint.MOUNTS_MASKED));
    boolean all = tree.tree(there.get().mount(), masks).stream().allMatch(MountReadings::readOnly);
    return all ? READ_ONLY : "rw";
  }

  /** Type, major and minor of a device node. */
  private String device(String path) throws IOException {
    Optional<Found> there = find(path);
    if (there.isEmpty()) {
      return ABSENT;
    }
    FileStatus status = there.get().status();
    String numbers = status.specialMajor() + ":" + status.specialMinor();
    return switch (status.kind()) {
      case CHARACTER_DEVICE -> "c " + numbers;
      case BLOCK_DEVICE -> "b " + numbers;
      case FIFO -> "p 0:0";
      default -> "no device but " + status.kind();
    };
  }

  @Override
  public void close() {
    root.close();
  }
}
