package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The container's root. */
final class RootStage {
  private static final Set<String> PROPAGATIONS =
      Set.of("", "private", "rprivate", "slave", "rslave", "shared", "rshared");

  private RootStage() {}

  static void plan(Draft draft, OciSpec spec, OciLinux linux) {
    // How host mounts reach the container is decided mount by mount: their trees are cloned on the
    // host's side, so that the root's
    // own propagation only has to be a word that exists.
    if (!PROPAGATIONS.contains(linux.rootfsPropagation())) {
      draft.problems.add(
          "linux.rootfsPropagation",
          "\"" + linux.rootfsPropagation() + "\" is no propagation",
          "use private, slave or shared, each with or without r");
    }
    FdSource source = source(draft, linux);
    if (source == null) {
      draft.problems.add(
          "root", "a container needs a root file system", "give an overlay or a directory");
      return;
    }
    use(draft, draft.supply(source));
    boolean readOnly = spec.root() != null && spec.root().readonly();
    if (readOnly) {
      draft.add(Section.ROOT_FLAGS, new FileSystemStep.RootAttributes(MountAttributes.RDONLY, 0));
    }
  }

  /**
   * A root that has nothing in it and takes nothing: for the pod's init.
   *
   * @param label its SELinux context; empty: none
   */
  static void planEmpty(Draft draft, String label) {
    Slot root = draft.make();
    long attributes = MountAttributes.RDONLY | Draft.KERNEL_FS_ATTRIBUTES;
    // One inode: the root directory. The ids are named because those of the mounting process are
    // still the host's.
    List<String> options =
        new ArrayList<>(List.of("mode=0555", "uid=0", "gid=0", "nr_inodes=1", "size=4096"));
    if (!label.isEmpty()) {
      options.add("context=" + label);
    }
    draft.add(Section.ROOT, new FileSystemStep.MountFs("tmpfs", options, attributes, root));
    use(draft, root);
  }

  private static void use(Draft draft, Slot root) {
    String at = draft.request.rootMountPoint().toString();
    if (draft.problems.text("rootMountPoint", at)) {
      draft.add(Section.ROOT, new FileSystemStep.UseRoot(root, at));
      draft.add(Section.PIVOT, new FileSystemStep.PivotRoot());
    }
  }

  private static @org.jspecify.annotations.Nullable FdSource source(Draft draft, OciLinux linux) {
    Optional<IdMaps> idmap = draft.namespaces.idMaps();
    if (idmap.isPresent()) {
      draft.requireMappedLayers("linux.uidMappings");
    }
    RootFs root = draft.request.root();
    if (root instanceof RootFs.Overlay overlay) {
      if (overlay.lower().isEmpty()) {
        draft.problems.add("root.lower", "an overlay without layers", "give at least one");
      }
      return new FdSource.Overlay(
          overlay.lower(), overlay.upper(), overlay.work(), idmap, linux.mountLabel());
    }
    if (root instanceof RootFs.Directory directory) {
      return new FdSource.RootDirectory(directory.path(), idmap);
    }
    return null;
  }
}
