package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.DefaultProfile;
import dev.stockade.launcher.seccomp.FilterFlag;
import dev.stockade.launcher.seccomp.InitProfile;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.launcher.spec.OciConsoleSize;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciHooks;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request in the making: the container a plain pod asks for, to be changed field by field. */
final class SpecDraft {
  static final List<String> DEFAULT_CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");
  static final List<String> MASKED =
      List.of(
          "/proc/asound",
          "/proc/acpi",
          "/proc/kcore",
          "/proc/keys",
          "/proc/timer_list",
          "/sys/firmware");
  static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
  static final List<OciIdMapping> POD_IDS = List.of(new OciIdMapping(0, 131_072, 65_536));

  LaunchKind kind = LaunchKind.CONTAINER;
  String id = "c1";
  RootFs root =
      new RootFs.Overlay(
          List.of(Path.of("/layers/2/fs"), Path.of("/layers/1/fs")),
          Path.of("/c1/upper"),
          Path.of("/c1/work"));
  IoMode io = IoMode.LOGGED;
  int secureBits;
  final Set<Constraint> mayDegrade = EnumSet.noneOf(Constraint.class);
  final Map<String, FileKind> bindSources = new HashMap<>();

  long uid;
  long gid;
  @Nullable Integer umask;
  List<Long> groups = List.of();
  List<String> args = List.of("/bin/sleep", "3600");
  List<String> env =
      List.of("PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "SECRET=s3cr3t-value");
  String cwd = "/";
  @Nullable OciCapabilities capabilities = capabilities(DEFAULT_CAPABILITIES, List.of());
  List<OciRlimit> rlimits = new ArrayList<>();
  boolean noNewPrivileges;
  String apparmor = "";
  String selinux = "";
  @Nullable Integer oomScoreAdj = 1000;
  @Nullable OciConsoleSize consoleSize;

  boolean readOnlyRoot;
  String hostname = "";
  String domainname = "";
  final List<OciMount> mounts = new ArrayList<>();
  @Nullable OciHooks hooks;

  final List<OciNamespace> namespaces = new ArrayList<>();
  List<OciIdMapping> uidMappings = List.of();
  List<OciIdMapping> gidMappings = List.of();
  Map<String, OciTimeOffset> timeOffsets = Map.of();
  List<OciDevice> devices = new ArrayList<>();
  String cgroup = "/kubepods/burstable/pod1/c1";
  @Nullable OciResources resources;
  String rootfsPropagation = "";
  @Nullable Profile seccomp;
  final Map<String, String> sysctl = new LinkedHashMap<>();
  List<String> masked = MASKED;
  List<String> readOnly = READ_ONLY;
  String mountLabel = "";

  Arch arch = Arch.X86_64;
  boolean appArmor;
  boolean seLinux;
  boolean traced = true;
  int userNamespaces = 1000;
  Optional<String> idmapObstacle = Optional.empty();
  Set<FilterFlag> flags = EnumSet.allOf(FilterFlag.class);
  CapabilitySet daemonBounding = CapabilitySet.upTo(40);
  int lastCapability = 40;
  Set<String> controllers = Set.of("memory", "cpu", "pids", "cpuset", "hugetlb");

  /** A container of a pod with its own network, IPC and UTS namespaces. */
  SpecDraft() {
    namespaces.add(new OciNamespace("mount", ""));
    namespaces.add(new OciNamespace("cgroup", ""));
    namespaces.add(new OciNamespace("pid", ""));
    for (String type : List.of("network", "ipc", "uts")) {
      namespaces.add(new OciNamespace(type, "/run/stockade/pods/p1/ns/" + type));
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
    bind(
        "/dev/shm",
        "/run/stockade/pods/p1/shm",
        FileKind.DIRECTORY,
        "rbind",
        "rprivate",
        "nosuid",
        "noexec",
        "nodev");
    mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro");
    mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
    bind("/etc/hosts", "/var/lib/stockade/pods/p1/hosts", FileKind.FILE, "rbind", "rprivate", "rw");
    seccomp = DefaultProfile.forCapabilities(Set.copyOf(DEFAULT_CAPABILITIES), Arch.X86_64);
  }

  static SpecDraft container() {
    return new SpecDraft();
  }

  /** A further process in the container of {@link #container()}. */
  static SpecDraft exec() {
    SpecDraft draft = new SpecDraft();
    draft.kind = LaunchKind.EXEC;
    draft.id = "e1";
    draft.root = new RootFs.None();
    draft.io = IoMode.CAPTURED;
    draft.namespaces.clear();
    for (String type : List.of("mount", "cgroup", "pid", "network", "ipc", "uts")) {
      draft.namespaces.add(new OciNamespace(type, "/proc/4711/ns/" + type));
    }
    return draft;
  }

  /** A pod's network, IPC and UTS namespaces. */
  static SpecDraft pod() {
    SpecDraft draft = new SpecDraft();
    draft.kind = LaunchKind.NAMESPACES;
    draft.id = "p1";
    draft.root = new RootFs.None();
    draft.io = IoMode.NULL;
    draft.hostname = "web-0";
    draft.mounts.clear();
    draft.masked = List.of();
    draft.readOnly = List.of();
    draft.seccomp = null;
    draft.namespaces.clear();
    for (String type : List.of("network", "ipc", "uts")) {
      draft.namespaces.add(new OciNamespace(type, ""));
    }
    return draft;
  }

  /** The init of a pod that shares one PID namespace. */
  static SpecDraft podInit() {
    SpecDraft draft = new SpecDraft();
    draft.kind = LaunchKind.POD_INIT;
    draft.id = "p1-init";
    draft.root = new RootFs.None();
    draft.io = IoMode.NULL;
    draft.mounts.clear();
    draft.masked = List.of();
    draft.readOnly = List.of();
    draft.seccomp = InitProfile.profile();
    return draft;
  }

  static OciCapabilities capabilities(List<String> names, List<String> ambient) {
    return new OciCapabilities(names, names, names, ambient, ambient);
  }

  static Profile allowAll() {
    return Profile.of(Action.ALLOW, List.of(), List.of());
  }

  SpecDraft user(long uid, long gid, Long... groups) {
    this.uid = uid;
    this.gid = gid;
    this.groups = List.of(groups);
    return this;
  }

  SpecDraft mount(String destination, String type, String... options) {
    mounts.add(new OciMount(destination, type, type, List.of(options), List.of(), List.of()));
    return this;
  }

  SpecDraft bind(String destination, String source, FileKind sourceKind, String... options) {
    mounts.add(new OciMount(destination, "bind", source, List.of(options), List.of(), List.of()));
    bindSources.put(source, sourceKind);
    return this;
  }

  SpecDraft unmount(String destination) {
    mounts.removeIf(m -> m.destination().equals(destination));
    return this;
  }

  /** Replaces a namespace; an empty path makes a new one, null leaves the host's. */
  SpecDraft namespace(String type, @Nullable String path) {
    namespaces.removeIf(n -> n.type().equals(type));
    if (path != null) {
      namespaces.add(new OciNamespace(type, path));
    }
    return this;
  }

  SpecDraft userNamespace(String path) {
    uidMappings = POD_IDS;
    gidMappings = POD_IDS;
    return namespace("user", path);
  }

  OciSpec spec() {
    OciProcess process =
        new OciProcess(
            io.terminal(),
            consoleSize,
            new OciUser(uid, gid, umask, groups),
            args,
            env,
            cwd,
            capabilities,
            rlimits,
            noNewPrivileges,
            apparmor,
            selinux,
            oomScoreAdj);
    OciLinux linux =
        new OciLinux(
            namespaces,
            uidMappings,
            gidMappings,
            timeOffsets,
            devices,
            cgroup,
            resources,
            rootfsPropagation,
            seccomp,
            sysctl,
            masked,
            readOnly,
            mountLabel);
    OciRoot ociRoot = new OciRoot("rootfs", readOnlyRoot);
    return new OciSpec(
        "1.2.1", process, ociRoot, hostname, domainname, mounts, Map.of(), hooks, linux);
  }

  HostFacts facts() {
    return new HostFacts(
        "6.12.0",
        arch,
        lastCapability,
        daemonBounding,
        daemonBounding,
        Set.of("capability"),
        appArmor,
        seLinux,
        traced
            ? HostFacts.Tracing.POSSIBLE
            : new HostFacts.Tracing(false, "kernel.yama.ptrace_scope is 3"),
        Optional.of(Path.of("/sys/fs/cgroup")),
        controllers,
        true,
        Set.of("mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time"),
        KernelFloor.FILE_SYSTEMS,
        userNamespaces,
        idmapObstacle,
        true,
        true,
        true,
        6,
        0,
        EnumSet.allOf(Action.class),
        flags);
  }

  LaunchRequest request() {
    return new LaunchRequest(
        kind,
        id,
        spec(),
        root,
        facts(),
        io,
        Path.of("/run/stockade/root"),
        bindSources,
        mayDegrade,
        secureBits);
  }

  LaunchPlan compile() throws LaunchRejection {
    return LaunchCompiler.compile(request());
  }
}
