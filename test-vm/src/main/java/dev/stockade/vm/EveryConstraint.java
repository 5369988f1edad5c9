package dev.stockade.vm;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.cri.v1.SupplementalGroupsPolicy;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.HostCommand;
import dev.stockade.shim.daemon.Machine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/**
 * A pod in a user namespace with one container that asks for every constraint at once, and what
 * they need of the node: volumes, a device, profiles, a network. Each thing denied is one that the
 * container's user may do but for one constraint.
 */
final class EveryConstraint {
  static final int FIRST_ID = DeviceHooks.FIRST_ID;
  static final Map<String, String> SYSCTLS =
      Map.of(
          "net.ipv4.tcp_keepalive_time", "300",
          "kernel.msgmax", "16384",
          "kernel.shm_rmid_forced", "1",
          "fs.mqueue.msg_max", "20");
  static final String DEVICE = "/dev/stockade-every-constraint";
  static final int LAST_PROCESSOR = Runtime.getRuntime().availableProcessors() - 1;

  /** Of the limits, by the files of the cgroup. */
  static final Map<String, String> LIMITS =
      Map.of(
          "memory.max", "67108864",
          "memory.swap.max", "33554432",
          "cpu.max", "50000 100000",
          "cpu.weight", "20",
          "cpuset.cpus", "" + LAST_PROCESSOR,
          "cpuset.mems", "0",
          "hugetlb.2MB.max", "2097152",
          "pids.max", "32");

  /** Attempts of a program, a line each; its argument is a port to listen on. */
  static final String ATTEMPTS =
      """
      try() {
        name=$1
        shift
        if said=$("$@" 2>&1); then echo "$name: done"; else echo "$name: ${said##*: }"; fi
      }
      try volume touch /work/free
      try root touch /tmp/new
      try read-only-path touch /work/fixed/new
      try read-only-tree touch /tree/inner/new
      try hidden test -c /work/hidden
      echo "of hidden: $(cat /work/hidden)"
      try owner chown 0 /work/free
      try port httpd -p $1 -h /work
      try filter mkdir /work/directory
      try label sh -c ': >/work/denied'
      try device-read sh -c ': <%1$s'
      try device-write sh -c ': >%1$s'
      try oom-score sh -c 'echo -501 >/proc/self/oom_score_adj'
      echo "set-user-ID: $(/work/as-root state | grep ^uid=)"
      for name in net/ipv4/tcp_keepalive_time kernel/msgmax kernel/shm_rmid_forced fs/mqueue/msg_max; do
        echo "$name: $(cat /proc/sys/$name)"
      done
      echo end
      """
          .formatted(DEVICE);

  private static final String NETWORK =
      """
      {"cniVersion": "1.0.0", "name": "every-constraint", "plugins": [{"type": "loopback"}]}
      """;

  /** Not supported is an errno that no permission gives. */
  private static final String PROFILE =
      """
      {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
      """;

  final Confinement confinement = Confinement.ofGuest();

  /** Major and minor number. */
  final String device;

  private final Path directory = Files.createTempDirectory(Path.of("/var/lib"), "every-constraint");
  private final Path work = Files.createDirectory(directory.resolve("work"));
  private final Path tree = Files.createDirectory(directory.resolve("tree"));
  private final Path network = Path.of("/etc/cni/net.d/10-every-constraint.conflist");
  private final Path profile;

  /**
   * Makes what it needs of the node.
   *
   * @param scratch a directory that the daemon may read
   */
  EveryConstraint(Path scratch) throws Exception {
    profile = Files.writeString(scratch.resolve("profile.json"), PROFILE);
    Files.createDirectories(network.getParent());
    Files.writeString(network, NETWORK);
    makeVolumes();
    // Opening it needs no privilege.
    String[] numbers =
        HostCommand.output("stat", "-c", "%Hr %Lr", "/dev/cpu_dma_latency").strip().split(" ", -1);
    device = numbers[0] + ":" + numbers[1];
    HostCommand.output("mknod", "-m", "666", DEVICE, "c", numbers[0], numbers[1]);
    confinement.share(Path.of(DEVICE));
  }

  private void makeVolumes() throws Exception {
    Path inner = Files.createDirectory(tree.resolve("inner"));
    HostCommand.output("mount", "-t", "tmpfs", "-o", "mode=777", "tmpfs", inner.toString());
    Path fixed = Files.createDirectory(work.resolve("fixed"));
    Path hidden = Files.writeString(work.resolve("hidden"), "confidential\n");
    Path denied = Files.writeString(work.resolve("denied"), "");
    for (Path path : List.of(work, tree, fixed, hidden, denied)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    String program = work.resolve("as-root").toString();
    HostCommand.output("cp", Machine.probe().toString(), program);
    // A group that is not mapped would make the program an ordinary one.
    HostCommand.output("chown", FIRST_ID + ":" + FIRST_ID, program);
    HostCommand.output("chmod", "4755", program);
    confinement.share(work);
    confinement.share(tree);
    confinement.deny(denied);
  }

  private static NamespaceOption.Builder namespaces() {
    return DeviceHooks.namespaces(true).setNetwork(NamespaceMode.POD);
  }

  PodSandboxConfig.Builder pod(CriClient client) {
    PodSandboxConfig.Builder pod = client.pod("every", namespaces()).setHostname("every");
    pod.getLinuxBuilder().putAllSysctls(SYSCTLS);
    return pod;
  }

  /** Makes its attempts and stays. */
  ContainerConfig.Builder container(CriClient client) throws Exception {
    String script = ATTEMPTS + "exec sleep 3600";
    ContainerConfig.Builder container = client.container("main", "sh", "-c", script, "sh", "80");
    container
        .addMounts(Mount.newBuilder().setHostPath(work.toString()).setContainerPath("/work"))
        .addMounts(
            Mount.newBuilder()
                .setHostPath(tree.toString())
                .setContainerPath("/tree")
                .setReadonly(true)
                .setRecursiveReadOnly(true))
        .addDevices(
            Device.newBuilder().setHostPath(DEVICE).setContainerPath(DEVICE).setPermissions("r"));
    limit(container);
    secure(GuestDaemon.security(container));
    return container;
  }

  private static void limit(ContainerConfig.Builder container) {
    container
        .getLinuxBuilder()
        .getResourcesBuilder()
        .setMemoryLimitInBytes(64 << 20)
        .setMemorySwapLimitInBytes(96 << 20)
        .setCpuQuota(50_000)
        .setCpuPeriod(100_000)
        .setCpuShares(512)
        .setCpusetCpus("" + LAST_PROCESSOR)
        .setCpusetMems("0")
        .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB").setLimit(2 << 20))
        .putUnified("pids.max", "32")
        .setOomScoreAdj(-500);
  }

  private void secure(LinuxContainerSecurityContext.Builder security) throws Exception {
    security
        .setNamespaceOptions(namespaces())
        .setRunAsUser(Int64Value.newBuilder().setValue(1000))
        .setRunAsGroup(Int64Value.newBuilder().setValue(3000))
        .addSupplementalGroups(4000)
        .addSupplementalGroups(5000)
        .setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict)
        .setCapabilities(
            Capability.newBuilder()
                .addDropCapabilities("ALL")
                .addAddCapabilities("CHOWN")
                .addAddCapabilities("NET_BIND_SERVICE")
                .addAddAmbientCapabilities("NET_BIND_SERVICE"))
        .setNoNewPrivs(true)
        .setReadonlyRootfs(true)
        .addAllMaskedPaths(List.of("/proc/keys", "/sys/firmware", "/work/hidden"))
        .addAllReadonlyPaths(List.of("/proc/sys", "/proc/sysrq-trigger", "/work/fixed"));
    security
        .getSeccompBuilder()
        .setProfileType(ProfileType.Localhost)
        .setLocalhostRef(profile.toString());
    confinement.ask(security);
  }

  /** Takes from the node what it made. */
  void remove() throws Exception {
    HostCommand.output("umount", tree.resolve("inner").toString());
    HostCommand.output("rm", "-r", directory.toString(), DEVICE, network.toString());
  }
}
