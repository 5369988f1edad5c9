package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Claims about root, mounts, masks and devices of a container. */
final class FileSystemClaims {
  private static final String NO_OTHERS = "none";
  private static final Claim CONSOLE =
      new Claim(Constraint.DEVICES_NODE, "/" + StdioStage.CONSOLE, "c 136:0");

  private final LaunchContext launch;
  private final Problems known = new Problems();
  private final List<Claim> claims = new ArrayList<>();
  private final Map<String, Slot> slots;

  private FileSystemClaims(LaunchContext launch) {
    this.launch = launch;
    this.slots = MountSlots.of(launch.plan());
  }

  static List<Claim> of(LaunchContext launch) {
    FileSystemClaims made = new FileSystemClaims(launch);
    boolean readOnly = launch.spec().root() != null && launch.spec().root().readonly();
    made.claim(Constraint.MOUNTS_ROOT, "", readOnly ? "ro" : "rw");
    made.claim(Constraint.MOUNTS_SOURCE, "/", made.rootSource());
    if (made.supplied("/") instanceof FdSource.Overlay) {
      made.label("");
    }
    launch.spec().mounts().forEach(made::mount);
    made.paths(launch.linux().maskedPaths())
        .forEach(path -> made.claim(Constraint.MOUNTS_MASKED, "/" + path, "masked"));
    made.paths(launch.linux().readonlyPaths())
        .forEach(path -> made.claim(Constraint.MOUNTS_READ_ONLY, "/" + path, "ro"));
    made.devices();
    made.claim(Constraint.MOUNTS_OTHERS, "", NO_OTHERS);
    return made.claims;
  }

  /** The root of the pod's init: nothing can be in it, and nothing is on it. */
  static List<Claim> ofInit() {
    return List.of(
        new Claim(Constraint.MOUNTS_ROOT, "", "ro"),
        new Claim(Constraint.MOUNTS_MOUNT, "/", "tmpfs nodev,noexec,nosuid,ro"),
        new Claim(Constraint.MOUNTS_OTHERS, "", NO_OTHERS));
  }

  private void claim(Constraint constraint, String subject, String expected) {
    claims.add(new Claim(constraint, subject, expected));
  }

  private void label(String target) {
    if (!launch.linux().mountLabel().isEmpty()) {
      claim(Constraint.LSM_SELINUX_FILES, "/" + target, launch.linux().mountLabel());
    }
  }

  private Set<String> paths(List<String> asked) {
    Set<String> paths = new TreeSet<>();
    asked.forEach(path -> ContainerPath.parse("", path, known).ifPresent(paths::add));
    return paths;
  }

  private void mount(OciMount mount) {
    Optional<String> target = ContainerPath.parse("", mount.destination(), known);
    if (target.isEmpty() || isMasked(target.get())) {
      return;
    }
    MountOptions options = MountOptions.parse("", mount.options(), known);
    String type = type(mount, options);
    long everywhere = options.recursiveAttributes().set();
    boolean idmapped = maps(mount, options) && !type.equals(MountStage.OVERLAY);
    List<String> flags = flags(options.attributes().set() | everywhere, idmapped);
    if (type.equals(ValueComparison.BIND)) {
      claim(Constraint.MOUNTS_SOURCE, "/" + target.get(), source(mount, options, target.get()));
    }
    boolean layers = type.equals(MountStage.OVERLAY);
    if (layers) {
      claim(Constraint.MOUNTS_SOURCE, "/" + target.get(), mount.source());
    }
    if (layers || MountStage.LABELLED.contains(type)) {
      label(target.get());
    }
    FileSystemOptions.context(options.data())
        .ifPresent(context -> claim(Constraint.LSM_SELINUX_FILES, "/" + target.get(), context));
    String expected = flags.isEmpty() ? type : type + " " + String.join(",", flags);
    claim(Constraint.MOUNTS_MOUNT, "/" + target.get(), expected);
    if (!type.equals(ValueComparison.BIND) && !layers) {
      fileSystemOptions(mount, options, "/" + target.get());
    }
    List<String> common = flags(everywhere, options.recursiveIdmap() && maps(mount, options));
    if (type.equals(ValueComparison.BIND) && !common.isEmpty()) {
      claim(Constraint.MOUNTS_TREE, "/" + target.get(), String.join(",", common));
    }
    String propagation = options.propagation().name().toLowerCase(Locale.ROOT);
    claim(Constraint.MOUNTS_PROPAGATION, "/" + target.get(), propagation);
  }

  private void fileSystemOptions(OciMount mount, MountOptions options, String target) {
    FileSystemOptions.ofType(mount.type())
        .map(type -> type.check("", options.data(), known))
        .map(taken -> ShownOptions.expected(taken, launch.idMaps()))
        .filter(expected -> !expected.isEmpty())
        .ifPresent(expected -> claim(Constraint.MOUNTS_OPTIONS, target, expected));
  }

  private String rootSource() {
    FdSource root = supplied("/");
    if (root instanceof FdSource.Overlay overlay) {
      return overlay.upper().toString();
    }
    if (root instanceof FdSource.RootDirectory directory) {
      return directory.path().toString();
    }
    throw new IllegalStateException("the plan has no root");
  }

  /** As asked; where the host's cgroups are is not asked for but known. */
  private String source(OciMount mount, MountOptions options, String target) {
    if (!(supplied("/" + target) instanceof FdSource.BindTree tree)) {
      throw new IllegalStateException("the plan binds nothing to /" + target);
    }
    String source = tree.source().toString();
    boolean byPath = options.bind() || mount.type().equals("bind");
    Optional<String> asked = ContainerPath.parse("", byPath ? mount.source() : source, known);
    if (!asked.map(path -> "/" + path).equals(Optional.of(source))) {
      throw new IllegalStateException("the plan binds " + source + " to /" + target);
    }
    return source;
  }

  private @Nullable FdSource supplied(String target) {
    Slot slot = slots.get(target);
    return slot == null ? null : launch.plan().slots().get(slot.index());
  }

  private boolean isMasked(String path) {
    return paths(launch.linux().maskedPaths()).stream()
        .anyMatch(m -> ContainerPath.within(path, m));
  }

  private String type(OciMount mount, MountOptions options) {
    boolean hostCgroups =
        mount.type().startsWith("cgroup")
            && launch.linux().namespaces().stream().noneMatch(n -> n.type().equals("cgroup"));
    if (options.bind() || mount.type().equals("bind") || hostCgroups) {
      return ValueComparison.BIND;
    }
    return FileSystemOptions.ofType(mount.type())
        .map(FileSystemOptions::kernelName)
        .orElse(mount.type());
  }

  private static boolean maps(OciMount mount, MountOptions options) {
    return options.idmap() || !mount.uidMappings().isEmpty() || !mount.gidMappings().isEmpty();
  }

  /** What changes ids or keeps the container from something, by the names of mountinfo, sorted. */
  private static List<String> flags(long set, boolean idmapped) {
    List<String> flags = new ArrayList<>();
    if (idmapped) {
      flags.add("idmapped");
    }
    add(flags, set, MountAttributes.NODEV, "nodev");
    add(flags, set, MountAttributes.NOEXEC, "noexec");
    add(flags, set, MountAttributes.NOSUID, "nosuid");
    add(flags, set, MountAttributes.NOSYMFOLLOW, "nosymfollow");
    add(flags, set, MountAttributes.RDONLY, "ro");
    return flags;
  }

  private static void add(List<String> flags, long set, long bit, String name) {
    if ((set & bit) != 0) {
      flags.add(name);
    }
  }

  private void devices() {
    List<OciMount> mounts = launch.spec().mounts();
    Set<String> taken =
        mounts.stream()
            .flatMap(m -> ContainerPath.parse("", m.destination(), known).stream())
            .collect(Collectors.toCollection(TreeSet::new));
    List<OciDevice> devices = new ArrayList<>(launch.linux().devices());
    if (DeviceStage.ownsDev(mounts)) {
      devices.addAll(DeviceStage.defaults());
    }
    if (DeviceStage.ownsDev(mounts) && launch.process().terminal()) {
      claims.add(CONSOLE);
    }
    for (OciDevice device : devices) {
      ContainerPath.parse("", device.path(), known)
          .filter(path -> taken.add(path) && !isMasked(path))
          .ifPresent(path -> claim(Constraint.DEVICES_NODE, "/" + path, number(device)));
    }
  }

  private static String number(OciDevice device) {
    String type = device.type().equals("u") ? "c" : device.type();
    return type.equals("p") ? "p 0:0" : type + " " + device.major() + ":" + device.minor();
  }
}
