package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.SecureBits;
import dev.stockade.launcher.spec.OciConsoleSize;
import dev.stockade.launcher.spec.OciCpu;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciHugepageLimit;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciMemory;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciPids;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.launcher.spec.OciRlimit;
import dev.stockade.launcher.spec.OciTimeOffset;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Requests as pods make them, by name. */
final class PodShapes {
  private static final String POD_USER_NS = "/run/stockade/pods/p1/ns/user";
  private static final List<String> EVERYTHING = CapabilitySet.of(Capability.values()).ociNames();

  private PodShapes() {}

  static Map<String, SpecDraft> all() {
    Map<String, SpecDraft> shapes = new LinkedHashMap<>();
    identities(shapes);
    namespaces(shapes);
    fileSystems(shapes);
    limits(shapes);
    streams(shapes);
    otherKinds(shapes);
    return shapes;
  }

  private static void identities(Map<String, SpecDraft> shapes) {
    shapes.put("default", SpecDraft.container());
    shapes.put("restricted", restricted(SpecDraft.container()));
    SpecDraft ambient = SpecDraft.container().user(1000, 1000, 2000L, 3000L);
    ambient.capabilities =
        SpecDraft.capabilities(List.of("CAP_NET_BIND_SERVICE"), List.of("CAP_NET_BIND_SERVICE"));
    ambient.umask = 0027;
    shapes.put("ambient", ambient);
    SpecDraft unfiltered = SpecDraft.container().user(1000, 1000);
    unfiltered.seccomp = null;
    shapes.put("seccomp-unconfined", unfiltered);
    SpecDraft apparmor = SpecDraft.container();
    apparmor.appArmor = true;
    apparmor.apparmor = "k8s-deny-write";
    shapes.put("apparmor", apparmor);
    SpecDraft selinux = restricted(SpecDraft.container());
    selinux.seLinux = true;
    selinux.selinux = "system_u:system_r:container_t:s0:c1,c2";
    selinux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2";
    queues(selinux, "system_u:object_r:container_file_t:s0:c3,c4");
    shapes.put("selinux", selinux);
    SpecDraft bits = SpecDraft.container();
    bits.secureBits = SecureBits.NO_SETUID_FIXUP | SecureBits.NO_SETUID_FIXUP_LOCKED;
    shapes.put("securebits", bits);
    shapes.put("privileged", privileged());
  }

  /** Message queues of a pod that has another label than its container. */
  static void queues(SpecDraft draft, String context) {
    List<String> options = List.of("nosuid", "noexec", "nodev", "context=" + context);
    draft.mounts.replaceAll(
        mount ->
            mount.type().equals("mqueue")
                ? new OciMount(
                    mount.destination(), "mqueue", "mqueue", options, List.of(), List.of())
                : mount);
  }

  static SpecDraft restricted(SpecDraft draft) {
    draft.user(65_532, 65_532);
    draft.noNewPrivileges = true;
    draft.readOnlyRoot = true;
    draft.capabilities = SpecDraft.capabilities(List.of(), List.of());
    return draft;
  }

  private static SpecDraft privileged() {
    SpecDraft draft = SpecDraft.container().namespace("cgroup", null);
    draft.capabilities = SpecDraft.capabilities(EVERYTHING, List.of());
    draft.seccomp = null;
    draft.masked = List.of();
    draft.readOnly = List.of();
    draft.unmount("/sys").unmount("/sys/fs/cgroup");
    draft.mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "rw");
    draft.mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "rw");
    draft.devices.add(new OciDevice("/dev/fuse", "c", 10, 229, 0666, 0L, 0L));
    draft.devices.add(new OciDevice("/dev/net/tun", "c", 10, 200, 0666, 0L, 0L));
    draft.devices.add(new OciDevice("/dev/vda", "b", 254, 0, 0660, 0L, 6L));
    draft.resources = resources(List.of(new OciDeviceRule(true, "a", null, null, "rwm")));
    return draft;
  }

  private static OciResources resources(List<OciDeviceRule> devices) {
    return new OciResources(devices, null, null, null, List.of(), Map.of());
  }

  private static void namespaces(Map<String, SpecDraft> shapes) {
    shapes.put(
        "host-network", SpecDraft.container().namespace("network", null).namespace("uts", null));
    shapes.put("host-pid", SpecDraft.container().namespace("pid", null));
    shapes.put("host-ipc", SpecDraft.container().namespace("ipc", null));
    shapes.put("pod-pid", SpecDraft.container().namespace("pid", "/run/stockade/pods/p1/ns/pid"));
    shapes.put(
        "pod-pid-user-namespace",
        restricted(
            SpecDraft.container()
                .userNamespace(POD_USER_NS)
                .namespace("pid", "/run/stockade/pods/p1/ns/pid")));
    shapes.put("user-namespace-new", SpecDraft.container().userNamespace(""));
    shapes.put(
        "user-namespace-of-pod", restricted(SpecDraft.container().userNamespace(POD_USER_NS)));
    SpecDraft mapped = SpecDraft.container().userNamespace(POD_USER_NS).namespace("network", null);
    mapped.unmount("/sys").unmount("/sys/fs/cgroup");
    mapped.bind(
        "/sys",
        "/sys",
        FileKind.DIRECTORY,
        "rbind",
        "rprivate",
        "nosuid",
        "noexec",
        "nodev",
        "rro");
    mapped.mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "ro");
    shapes.put("user-namespace-host-network", mapped);
    SpecDraft own =
        SpecDraft.container().namespace("network", "").namespace("ipc", "").namespace("uts", "");
    own.hostname = "box";
    own.domainname = "example.test";
    own.sysctl.put("net.ipv4.ip_unprivileged_port_start", "0");
    own.sysctl.put("net/ipv4/conf/eth0.1/rp_filter", "1");
    own.sysctl.put("kernel.shm_rmid_forced", "1");
    own.sysctl.put("fs.mqueue.msg_max", "64");
    shapes.put("own-everything", own);
    SpecDraft time = SpecDraft.container().namespace("time", "");
    time.timeOffsets =
        Map.of(
            "monotonic",
            new OciTimeOffset(86_400, 0),
            "boottime",
            new OciTimeOffset(-60, 500_000_000));
    shapes.put("time-namespace", time);
  }

  private static void fileSystems(Map<String, SpecDraft> shapes) {
    SpecDraft volumes = SpecDraft.container();
    volumes.bind(
        "/config", "/pods/p1/volumes/config", FileKind.DIRECTORY, "rbind", "rprivate", "ro");
    volumes.bind(
        "/secret", "/pods/p1/volumes/secret", FileKind.DIRECTORY, "rbind", "rprivate", "rro");
    volumes.bind("/host", "/srv/host", FileKind.DIRECTORY, "rbind", "rslave", "rw");
    volumes.bind("/csi", "/srv/csi", FileKind.DIRECTORY, "rbind", "rshared", "nodev");
    volumes.bind("/dev/termination-log", "/pods/p1/termination", FileKind.FILE, "bind", "rw");
    volumes.mount("/cache", "tmpfs", "size=64m", "mode=1777", "noexec", "noatime");
    volumes.rootfsPropagation = "rshared";
    volumes.cwd = "/app//work/";
    shapes.put("volumes", volumes);
    SpecDraft mapped = SpecDraft.container().userNamespace(POD_USER_NS);
    List<OciIdMapping> ids = List.of(new OciIdMapping(0, 131_072, 65_536));
    mapped.mounts.add(
        new OciMount("/data", "bind", "/srv/data", List.of("rbind", "rprivate"), ids, ids));
    mapped.bindSources.put("/srv/data", FileKind.DIRECTORY);
    mapped.bind("/tree", "/srv/tree", FileKind.DIRECTORY, "rbind", "ridmap", "ro");
    shapes.put("idmapped-volumes", mapped);
    SpecDraft directory = SpecDraft.container();
    directory.root = new RootFs.Directory(Path.of("/srv/rootfs"));
    directory.readOnlyRoot = true;
    shapes.put("directory-root", directory);
    SpecDraft devices = SpecDraft.container().userNamespace(POD_USER_NS);
    devices.devices.add(new OciDevice("/dev/fuse", "c", 10, 229, 0600, 0L, 0L));
    devices.devices.add(new OciDevice("/dev/ptmx", "c", 5, 2, 0666, 0L, 0L));
    devices.devices.add(new OciDevice("/dev/pipe", "p", 0, 0, 0600, 0L, 0L));
    shapes.put("devices-in-user-namespace", devices);
    SpecDraft hostDev = SpecDraft.container();
    for (String mount : List.of("/dev", "/dev/pts", "/dev/mqueue", "/dev/shm")) {
      hostDev.unmount(mount);
    }
    hostDev.bind("/dev", "/dev", FileKind.DIRECTORY, "rbind", "rslave");
    shapes.put("host-dev", hostDev);
  }

  private static void limits(Map<String, SpecDraft> shapes) {
    SpecDraft limits = SpecDraft.container();
    limits.resources =
        new OciResources(
            List.of(
                new OciDeviceRule(false, "a", null, null, "rwm"),
                new OciDeviceRule(true, "c", 1L, 3L, "rwm")),
            new OciMemory(134_217_728L, 67_108_864L, 134_217_728L),
            new OciCpu(512L, 50_000L, 100_000L, "0-3,7", "0"),
            new OciPids(100),
            List.of(new OciHugepageLimit("2MB", 0)),
            Map.of("memory.oom.group", "1"));
    limits.rlimits =
        List.of(
            new OciRlimit("RLIMIT_NOFILE", 4096, 1024),
            new OciRlimit("RLIMIT_CORE", 0, 0),
            new OciRlimit("RLIMIT_MEMLOCK", -1, -1));
    limits.oomScoreAdj = -997;
    shapes.put("limits", limits);
    SpecDraft degraded = SpecDraft.container();
    degraded.rlimits = List.of(new OciRlimit("RLIMIT_NOFILE", 1_048_576, 1_048_576));
    degraded.resources =
        new OciResources(
            List.of(), new OciMemory(1L << 30, null, null), null, null, List.of(), Map.of());
    degraded.controllers = java.util.Set.of("hugetlb");
    degraded.mayDegrade.addAll(
        List.of(
            Constraint.PROCESS_OOM_SCORE_ADJ,
            Constraint.PROCESS_RLIMIT,
            Constraint.PROCESS_KEYRING,
            Constraint.CGROUP_LIMIT));
    shapes.put("degradable", degraded);
    SpecDraft untraced = SpecDraft.container();
    untraced.traced = false;
    shapes.put("untraced", untraced);
  }

  private static void streams(Map<String, SpecDraft> shapes) {
    SpecDraft terminal = SpecDraft.container().user(1000, 1000);
    terminal.io = new IoMode(true, true, IoMode.Output.LOG);
    terminal.consoleSize = new OciConsoleSize(24, 80);
    shapes.put("terminal", terminal);
    SpecDraft stdin = SpecDraft.container().userNamespace(POD_USER_NS).user(1000, 1000);
    stdin.io = new IoMode(false, true, IoMode.Output.LOG);
    shapes.put("stdin", stdin);
    SpecDraft silent = SpecDraft.container();
    silent.io = IoMode.NULL;
    shapes.put("no-log", silent);
  }

  private static void otherKinds(Map<String, SpecDraft> shapes) {
    shapes.put("exec", SpecDraft.exec());
    shapes.put("exec-restricted", restricted(SpecDraft.exec()));
    SpecDraft mapped = SpecDraft.exec().userNamespace("/proc/4711/ns/user");
    mapped.io = new IoMode(false, true, IoMode.Output.CAPTURE);
    shapes.put("exec-user-namespace", mapped);
    SpecDraft terminal = SpecDraft.exec().namespace("network", null).user(1000, 1000);
    terminal.io = new IoMode(true, true, IoMode.Output.DISCARD);
    terminal.args = List.of("sh");
    shapes.put("exec-terminal", terminal);
    SpecDraft pod = SpecDraft.pod();
    pod.sysctl.put("net.core.somaxconn", "1024");
    shapes.put("pod", pod);
    SpecDraft mappedPod = SpecDraft.pod().userNamespace("");
    mappedPod.sysctl.put("kernel.msgmax", "65536");
    shapes.put("pod-user-namespace", mappedPod);
    shapes.put("pod-host-network", SpecDraft.pod().namespace("network", null));
    shapes.put("pod-init", SpecDraft.podInit());
    shapes.put("pod-init-user-namespace", SpecDraft.podInit().userNamespace(POD_USER_NS));
  }
}
