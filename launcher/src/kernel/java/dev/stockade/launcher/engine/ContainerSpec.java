package dev.stockade.launcher.engine;

import dev.stockade.launcher.plan.FileKind;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.RootFs;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.DefaultProfile;
import dev.stockade.launcher.seccomp.InitProfile;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.launcher.spec.OciRlimit;
import dev.stockade.launcher.spec.OciRoot;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.launcher.spec.OciTimeOffset;
import dev.stockade.launcher.spec.OciUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A container in the making: what a plain pod asks for, to be changed field by field. */
final class ContainerSpec {
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID", "CAP_NET_RAW", "CAP_KILL");

  private final Launcher launcher;
  private final Function<String, Path> directories;
  private final Path layer;
  private final String cgroup;
  final String id;
  final List<String> arguments;
  long uid;
  long gid;
  List<Long> groups = List.of();
  @Nullable Integer umask;
  List<String> environment = List.of("PATH=/bin", "HOME=/root");
  String cwd = "/";
  List<String> capabilities = CAPABILITIES;
  List<String> ambient = List.of();
  List<OciRlimit> rlimits = List.of();
  boolean noNewPrivileges = true;
  String appArmorProfile = "";
  String seLinuxLabel = Labels.own();
  String mountLabel = "";
  @Nullable Integer oomScoreAdj = 500;
  boolean readOnlyRoot;
  String hostname = "pod-host";
  String domainname = "";
  int secureBits;
  Map<String, OciTimeOffset> timeOffsets = Map.of();
  final List<OciMount> mounts = new ArrayList<>();
  final List<OciNamespace> namespaces = new ArrayList<>();
  List<OciIdMapping> idMappings = List.of();
  @Nullable OciResources resources;
  @Nullable Profile seccomp =
      DefaultProfile.forCapabilities(
          Set.of(), Arch.ofSystemProperty(System.getProperty("os.arch", "")));
  final Map<String, String> sysctl = new LinkedHashMap<>();
  List<String> masked = List.of("/proc/kcore", "/proc/version", "/sys/firmware", "/proc/nothing");
  List<String> readOnly = List.of("/proc/sys", "/proc/bus", "/proc/nothing");
  final Map<String, FileKind> bindSources = new HashMap<>();
  List<Path> upperLayers = List.of();
  IoMode io = IoMode.LOGGED;
  HostFacts facts;

  /**
   * @param directories the directory of a container by its id
   * @param layer the image
   * @param cgroup absolute within the hierarchy
   */
  ContainerSpec(
      Launcher launcher,
      Function<String, Path> directories,
      Path layer,
      String cgroup,
      String id,
      List<String> arguments) {
    this.launcher = launcher;
    this.facts = launcher.facts();
    this.directories = directories;
    this.layer = layer;
    this.cgroup = cgroup;
    this.id = id;
    this.arguments = arguments;
    for (String type : List.of("mount", "cgroup", "pid", "network", "ipc", "uts")) {
      namespaces.add(new OciNamespace(type, ""));
    }
    mount("/proc", "proc", "nosuid", "noexec", "nodev");
    mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
    mount(
        "/dev/pts",
        "devpts",
        "nosuid",
        "noexec",
        "newinstance",
        "ptmxmode=0666",
        "mode=0620",
        "gid=5");
    mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev");
    mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k");
    mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro");
    mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
  }

  /** A container of an engine that is no bench's. */
  static ContainerSpec alone(Launcher launcher, Path directory, Path layer, String cgroup) {
    List<String> arguments = List.of("sh", "-c", "touch /volume/ran");
    return new ContainerSpec(launcher, id -> directory, layer, cgroup, "alone", arguments);
  }

  ContainerSpec mount(String destination, String type, String... options) {
    mounts.add(new OciMount(destination, type, type, List.of(options), List.of(), List.of()));
    return this;
  }

  ContainerSpec bind(String destination, Path source, String... options) {
    String path = source.toString();
    mounts.add(new OciMount(destination, "bind", path, List.of(options), List.of(), List.of()));
    bindSources.put(path, Files.isDirectory(source) ? FileKind.DIRECTORY : FileKind.FILE);
    return this;
  }

  ContainerSpec userNamespace() {
    idMappings = List.of(new OciIdMapping(0, 200_000, 65_536));
    namespaces.add(new OciNamespace("user", ""));
    return this;
  }

  ContainerSpec timeNamespace() {
    timeOffsets = Map.of("boottime", new OciTimeOffset(1000, 0));
    namespaces.add(new OciNamespace("time", ""));
    return this;
  }

  ContainerSpec namespace(String type, String path) {
    namespaces.removeIf(n -> n.type().equals(type));
    namespaces.add(new OciNamespace(type, path));
    return this;
  }

  /** As on a host that allows no tracing. */
  ContainerSpec untraced() {
    facts = ForcedFacts.untraced(facts);
    return this;
  }

  /** As on a host where AppArmor may refuse things. */
  ContainerSpec appArmor() {
    facts = ForcedFacts.appArmor(facts);
    return this;
  }

  /** As on a host whose overlayfs takes detached mounts as layers, or does not. */
  ContainerSpec detachedLayers(boolean taken) {
    facts = ForcedFacts.overlay(facts, taken, taken);
    return this;
  }

  String cgroup() {
    return cgroup;
  }

  /** The directory that is its lowest layer. */
  Path layer() {
    return layer;
  }

  private List<Path> layers() {
    List<Path> layers = new ArrayList<>(upperLayers);
    layers.add(layer);
    return layers;
  }

  private OciProcess process(List<String> args) {
    return new OciProcess(
        io.terminal(),
        null,
        new OciUser(uid, gid, umask, groups),
        args,
        environment,
        cwd,
        new OciCapabilities(capabilities, capabilities, capabilities, ambient, ambient),
        rlimits,
        noNewPrivileges,
        appArmorProfile,
        seLinuxLabel,
        oomScoreAdj);
  }

  private OciLinux linux(List<OciNamespace> spaces) {
    return linux(spaces, timeOffsets);
  }

  private OciLinux linux(List<OciNamespace> spaces, Map<String, OciTimeOffset> offsets) {
    return new OciLinux(
        spaces,
        idMappings,
        idMappings,
        offsets,
        List.of(),
        cgroup(),
        resources,
        "",
        seccomp,
        sysctl,
        masked,
        readOnly,
        mountLabel);
  }

  OciSpec spec() {
    OciRoot root = new OciRoot("rootfs", readOnlyRoot);
    return new OciSpec(
        "1.2.1",
        process(arguments),
        root,
        hostname,
        domainname,
        mounts,
        Map.of(),
        null,
        linux(namespaces));
  }

  LaunchRequest request() {
    try {
      Path own = directories.apply(id);
      Path upper = Files.createDirectories(own.resolve("upper"));
      Path work = Files.createDirectories(own.resolve("work"));
      return new LaunchRequest(
          LaunchKind.CONTAINER,
          id,
          spec(),
          new RootFs.Overlay(layers(), upper, work),
          facts,
          io,
          launcher.rootMountPoint(),
          bindSources,
          Set.of(),
          secureBits);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The namespaces of a pod. */
  LaunchRequest pod(String podId, Set<String> kinds) {
    List<OciNamespace> made = kinds.stream().sorted().map(k -> new OciNamespace(k, "")).toList();
    if (kinds.contains("user")) {
      userNamespace();
    }
    masked = List.of();
    readOnly = List.of();
    seccomp = null;
    OciSpec spec =
        new OciSpec(
            "1.2.1",
            null,
            null,
            kinds.contains("uts") ? hostname : "",
            "",
            List.of(),
            Map.of(),
            null,
            linux(made));
    return new LaunchRequest(
        LaunchKind.NAMESPACES,
        podId,
        spec,
        new RootFs.None(),
        facts,
        IoMode.NULL,
        launcher.rootMountPoint(),
        Map.of());
  }

  /** The init of a pod, with the namespaces this container has. */
  LaunchRequest podInit() {
    List<OciNamespace> spaces = new ArrayList<>(namespaces);
    seccomp = InitProfile.profile();
    masked = List.of();
    readOnly = List.of();
    OciSpec spec =
        new OciSpec(
            "1.2.1",
            process(List.of("init")),
            null,
            "",
            "",
            List.of(),
            Map.of(),
            null,
            linux(spaces));
    return new LaunchRequest(
        LaunchKind.POD_INIT,
        id + "-init",
        spec,
        new RootFs.None(),
        facts,
        IoMode.NULL,
        launcher.rootMountPoint(),
        Map.of());
  }

  /** A further process in the running container. */
  LaunchRequest exec(RunningProcess running, String execId, String... args) {
    List<OciNamespace> joined = new ArrayList<>();
    Map<String, String> files =
        Map.of("mount", "mnt", "network", "net", "pid", "pid", "ipc", "ipc", "uts", "uts");
    for (OciNamespace namespace : namespaces) {
      String file = files.getOrDefault(namespace.type(), namespace.type());
      joined.add(new OciNamespace(namespace.type(), "/proc/" + running.pid() + "/ns/" + file));
    }
    OciSpec spec =
        new OciSpec(
            "1.2.1",
            process(List.of(args)),
            null,
            "",
            "",
            List.of(),
            Map.of(),
            null,
            linux(joined, Map.of()));
    return new LaunchRequest(
        LaunchKind.EXEC,
        execId,
        spec,
        new RootFs.None(),
        facts,
        IoMode.CAPTURED,
        launcher.rootMountPoint(),
        Map.of());
  }
}
