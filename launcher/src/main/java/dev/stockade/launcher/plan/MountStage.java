package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FdSource.BindTree;
import dev.stockade.launcher.spec.OciMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** File systems and binds beneath the root. */
final class MountStage {
  /**
   * Whose every file gets the container's label. Not mqueue: it is there as long as its IPC
   * namespace, and the kernel changes the context of no file system that is there. Those of a pod
   * have theirs from {@link LaunchKind#NAMESPACES}, which the option {@code context=} expects.
   */
  static final Set<String> LABELLED = Set.of("tmpfs", "devpts");

  /** Of layers alone, so that nothing is written: {@code lowerdir+=} as fsconfig(2) has it. */
  static final String OVERLAY = "overlay";

  private static final String PROC = "proc";
  private static final String LAYER = "lowerdir+=";
  private static final String SUB_PATH = "subpath=";

  private final Draft draft;
  private final String label;
  private final List<String> targets = new ArrayList<>();

  private MountStage(Draft draft, String label) {
    this.draft = draft;
    this.label = label;
  }

  static void plan(Draft draft, List<OciMount> mounts, String label) {
    MountStage stage = new MountStage(draft, label);
    if (!label.isEmpty() && !draft.request.facts().seLinux()) {
      draft.problems.add(
          "linux.mountLabel", "SELinux is not enabled on this node", "remove the label");
    }
    for (int i = 0; i < mounts.size(); i++) {
      stage.mount("mounts[" + i + "]", mounts.get(i));
    }
  }

  private void mount(String field, OciMount mount) {
    MountOptions options = MountOptions.parse(field, mount.options(), draft.problems);
    boolean bind = options.bind() || mount.type().equals("bind");
    Optional<String> target = target(field, mount, bind);
    if (target.isEmpty()) {
      return;
    }
    if (bind) {
      bind(field, mount, options, target.get());
    } else if (mount.type().equals(OVERLAY)) {
      layers(field, mount, options, target.get());
    } else {
      make(field, mount, options, target.get());
    }
  }

  private Optional<String> target(String field, OciMount mount, boolean bind) {
    String at = field + ".destination";
    Optional<String> target = ContainerPath.parse(at, mount.destination(), draft.problems);
    if (target.isEmpty()) {
      return target;
    }
    String path = target.get();
    if (path.isEmpty()) {
      draft.problems.add(at, "is the root itself", "give the root as root");
    }
    // What is mounted there is read by everybody who trusts procfs: CVE-2019-16884, CVE-2025-52881.
    boolean procItself = path.equals(PROC) && !bind && mount.type().equals(PROC);
    if (ContainerPath.within(path, PROC) && !procItself) {
      draft.problems.add(at, "lies on /proc", "only procfs may be mounted there");
    }
    for (String earlier : targets) {
      if (ContainerPath.within(earlier, path)) {
        draft.problems.add(
            at, "would hide the mount on /" + earlier, "mount the outer directory first");
      }
    }
    targets.add(path);
    return target;
  }

  private void bind(String field, OciMount mount, MountOptions options, String target) {
    Optional<Path> source = HostPath.parse(field + ".source", mount.source(), draft.problems);
    if (!options.data().isEmpty()) {
      draft.problems.add(
          field + ".options",
          "\"" + options.data().get(0) + "\" is no option of a bind",
          "remove it");
    }
    FileKind kind = draft.request.bindSources().get(mount.source());
    if (kind == null) {
      draft.problems.add(
          field + ".source",
          "it is not known whether it is a directory",
          "the caller must look at it");
    }
    if (source.isEmpty() || kind == null) {
      return;
    }
    BindTree tree =
        new BindTree(
            source.get(),
            options.recursiveBind(),
            options.attributes(),
            options.recursiveAttributes(),
            idmap(field, mount, options),
            options.recursiveIdmap(),
            kind,
            options.propagation());
    attach(draft.supplyAnew(tree), target, kind, options);
  }

  private void layers(String field, OciMount mount, MountOptions options, String target) {
    List<Path> lower = new ArrayList<>();
    String subPath = "";
    for (String option : options.data()) {
      if (option.startsWith(LAYER)) {
        HostPath.parse(field + ".options", option.substring(LAYER.length()), draft.problems)
            .ifPresent(lower::add);
      } else if (option.startsWith(SUB_PATH)) {
        String path = "/" + option.substring(SUB_PATH.length());
        subPath = ContainerPath.parse(field + ".options", path, draft.problems).orElse("");
      } else {
        draft.problems.add(
            field + ".options", "\"" + option + "\" is no option of layers", "remove it");
      }
    }
    if (lower.size() < 2) {
      draft.problems.add(field + ".options", "has fewer than two layers", "add an empty one");
    }
    if ((options.attributes().set() & MountAttributes.RDONLY) == 0
        || options.propagation() != Propagation.PRIVATE) {
      draft.problems.add(
          field + ".options", "layers are read-only and private", "use ro and private");
    }
    Optional<IdMaps> maps =
        mount.uidMappings().isEmpty() ? draft.namespaces.idMaps() : idmap(field, mount, options);
    if (maps.isPresent()) {
      draft.requireMappedLayers(field);
    }
    FdSource source = new FdSource.Layers(lower, subPath, options.attributes(), maps, label);
    attach(draft.supplyAnew(source), target, FileKind.DIRECTORY, options);
  }

  private Optional<IdMaps> idmap(String field, OciMount mount, MountOptions options) {
    boolean mapped = !mount.uidMappings().isEmpty() || !mount.gidMappings().isEmpty();
    if (!mapped && !options.idmap()) {
      return Optional.empty();
    }
    // Whether the volume's own file system can be idmapped, nobody knows before it is tried.
    if (draft.request.facts().maxUserNamespaces() == 0) {
      draft.problems.add(
          field,
          "an idmapped mount needs one, and " + HostFacts.NO_USER_NAMESPACES,
          "raise it, or remove the mapping");
    }
    if (mapped) {
      IdMapReview.check(field + ".uidMappings", mount.uidMappings(), draft.problems);
      IdMapReview.check(field + ".gidMappings", mount.gidMappings(), draft.problems);
      return Optional.of(new IdMaps(mount.uidMappings(), mount.gidMappings()));
    }
    if (draft.namespaces.idMaps().isEmpty()) {
      draft.problems.add(
          field + ".options",
          "idmap without a mapping or a user namespace",
          "give the mount's mappings");
    }
    return draft.namespaces.idMaps();
  }

  private void make(String field, OciMount mount, MountOptions options, String target) {
    Optional<FileSystemOptions> type = FileSystemOptions.ofType(mount.type());
    if (type.isEmpty()) {
      draft.problems.add(
          field + ".type",
          "\"" + mount.type() + "\" is no file system that is made for a container",
          "use proc, sysfs, tmpfs, devpts, mqueue, cgroup2, or bind");
      return;
    }
    if (options.idmap() || !mount.uidMappings().isEmpty() || !mount.gidMappings().isEmpty()) {
      draft.problems.add(field, "only binds can be idmapped", "remove the mapping");
    }
    List<String> data = type.get().check(field, options.data(), draft.problems);
    String name = type.get().kernelName();
    if (name.equals("cgroup2") && draft.namespaces.isHost(NamespaceKind.CGROUP)) {
      hostCgroups(field, options, target);
      return;
    }
    checkOwner(field, name);
    checkContext(field, options);
    if (!label.isEmpty() && LABELLED.contains(name)) {
      data.add("context=" + label);
    }
    Slot slot = draft.make();
    long attributes = options.attributes().set() | options.recursiveAttributes().set();
    Optional<Slot> others = name.equals(PROC) ? draft.pidNamespace() : Optional.empty();
    draft.add(
        Section.MOUNTS,
        others.isPresent()
            ? new FileSystemStep.MountProc(others.get(), data, attributes, slot)
            : new FileSystemStep.MountFs(name, data, attributes, slot));
    attach(slot, target, FileKind.DIRECTORY, options);
  }

  /**
   * Mounting cgroup2 anew in the host's cgroup namespace would set the flags of the host's
   * hierarchy.
   */
  private void hostCgroups(String field, MountOptions options, String target) {
    Optional<Path> mount = draft.request.facts().cgroupMount();
    if (mount.isEmpty()) {
      draft.problems.add(field, "cgroup2 is not mounted on this node", "remove the mount");
      return;
    }
    BindTree tree =
        new BindTree(
            mount.get(),
            false,
            options.attributes(),
            options.recursiveAttributes(),
            Optional.empty(),
            false,
            FileKind.DIRECTORY,
            options.propagation());
    attach(draft.supplyAnew(tree), target, FileKind.DIRECTORY, options);
  }

  /** In a user namespace some file systems can be made only of namespaces that belong to it. */
  private void checkOwner(String field, String type) {
    NamespaceKind needed =
        type.equals("sysfs")
            ? NamespaceKind.NETWORK
            : type.equals("mqueue") ? NamespaceKind.IPC : null;
    if (needed != null && draft.namespaces.user() && draft.namespaces.isHost(needed)) {
      draft.problems.add(
          field + ".type",
          type
              + " of the host's "
              + needed.ociName()
              + " namespace cannot be mounted in a user namespace",
          "bind the host's instead, read-only");
    }
  }

  private void checkContext(String field, MountOptions options) {
    boolean expected = FileSystemOptions.context(options.data()).isPresent();
    boolean labelled =
        draft.namespaces.joins(NamespaceKind.IPC).isPresent() && draft.request.facts().seLinux();
    if (expected && !labelled) {
      draft.problems.add(
          field + ".options",
          "expects an SELinux context that nobody gave: only the queues of a pod have one, on a"
              + " node with SELinux",
          "remove context=, or join the pod's ipc namespace");
    }
  }

  private void attach(Slot slot, String target, FileKind kind, MountOptions options) {
    draft.add(
        Section.MOUNTS,
        new FileSystemStep.Attach(slot, target, kind.create(), options.propagationFlags()));
  }
}
