package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.Rejections.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.spec.OciCpu;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciMemory;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.launcher.spec.OciRlimit;
import dev.stockade.launcher.spec.OciTimeOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What cannot be enforced is refused, by field: of the container around its process. */
final class LaunchRejectionTest {
  private static final Optional<String> OBSTACLE = Optional.of("such layers cannot");

  @Test
  void namespaces() {
    refused(
        "linux.namespaces[6].type", "no kind", d -> d.namespaces.add(new OciNamespace("net", "")));
    refused("linux.namespaces[6]", "second", d -> d.namespaces.add(new OciNamespace("pid", "")));
    refused("linux.namespaces[5].path", "absolute", d -> d.namespace("uts", "run/uts"));
    refused("linux.namespaces", "no new mount", d -> d.namespace("mount", "/proc/1/ns/mnt"));
    refused("linux.namespaces", "host's PID", d -> d.userNamespace("").namespace("pid", null));
    refused(
        "linux.namespaces",
        "no rights over a PID namespace",
        d -> d.userNamespace("").namespace("pid", "/run/pid"));
    refused(SpecDraft.podInit(), "linux.namespaces", "no new pid", d -> d.namespace("pid", null));
    refused(SpecDraft.exec(), "linux.namespaces", "exec makes", d -> d.namespace("ipc", ""));
    refused(SpecDraft.exec(), "linux.namespaces", "host's mount", d -> d.namespace("mount", null));
    refused(SpecDraft.pod(), "linux.namespaces", "not held", d -> d.namespace("mount", ""));
    refused(
        "linux.timeOffsets",
        "without",
        d -> d.timeOffsets = Map.of("monotonic", new OciTimeOffset(1, 0)));
    refused(
        "linux.timeOffsets.realtime",
        "no clock",
        d -> {
          d.namespace("time", "");
          d.timeOffsets = Map.of("realtime", new OciTimeOffset(1, 0));
        });
  }

  @Test
  void idMaps() {
    refused("linux.uidMappings", "without a user", d -> d.uidMappings = SpecDraft.POD_IDS);
    refused("linux.uidMappings", "no ids", d -> d.namespace("user", ""));
    refused(
        "linux.gidMappings",
        "id 0",
        d -> d.userNamespace("").gidMappings = List.of(new OciIdMapping(1, 1, 1)));
    refused(
        "linux.uidMappings[0]",
        "no range",
        d -> d.userNamespace("").uidMappings = List.of(new OciIdMapping(0, 1, 0)));
    refused(
        "linux.uidMappings[0]",
        "no range",
        d -> d.userNamespace("").uidMappings = List.of(new OciIdMapping(0, 4_294_967_295L, 2)));
    refused(
        "linux.uidMappings",
        "overlap",
        d ->
            d.userNamespace("").uidMappings =
                List.of(new OciIdMapping(0, 1000, 10), new OciIdMapping(10, 1005, 10)));
    refused("process.user.uid", "not mapped", d -> d.userNamespace("").user(65_536, 0));
    refused(
        "process.user.additionalGids", "not mapped", d -> d.userNamespace("").user(0, 0, 70_000L));
    refused("linux.uidMappings", "such layers", d -> d.userNamespace("").idmapObstacle = OBSTACLE);
  }

  private static SpecDraft mapped(SpecDraft draft, String type, String... options) {
    draft.bindSources.put("/x", FileKind.DIRECTORY);
    draft.mounts.add(
        new OciMount("/data", type, "/x", List.of(options), SpecDraft.POD_IDS, SpecDraft.POD_IDS));
    return draft;
  }

  /** Layers are where the images are; what a volume is on is tried when its container is made. */
  @Test
  void mountsThatShowOtherIds() throws LaunchRejection {
    refused("mounts[8]", "such layers", d -> unmappable(mapped(d, "overlay", layers("ro"))));
    refused(
        "mounts[8]",
        "such layers",
        d -> unmappable(d.userNamespace("").mount("/data", "overlay", layers("ro"))));
    refused("mounts[8]", "is 0", d -> mapped(d, "bind").userNamespaces = 0);
    SpecDraft volume = mapped(SpecDraft.container(), "bind");
    unmappable(volume);
    assertThat(volume.compile().slots().toString()).contains("131072");
  }

  private static void unmappable(SpecDraft draft) {
    draft.idmapObstacle = OBSTACLE;
  }

  private static String[] layers(String... more) {
    return Stream.concat(Stream.of("lowerdir+=/a", "lowerdir+=/b"), Stream.of(more))
        .toArray(String[]::new);
  }

  private static void layers(SpecDraft draft, String more) {
    draft.mount("/data", "overlay", layers("ro", more));
  }

  @Test
  void mounts() {
    refused("mounts[8].destination", "absolute", d -> d.mount("data", "tmpfs"));
    refused("mounts[8].destination", "upwards", d -> d.mount("/a/../../b", "tmpfs"));
    refused("mounts[8].destination", "root itself", d -> d.mount("/.", "tmpfs"));
    refused("mounts[8].destination", "on /proc", d -> d.mount("/proc/sys", "tmpfs"));
    refused(
        "mounts[8].destination",
        "on /proc",
        d -> d.bind("//proc/./self", "/x", FileKind.DIRECTORY));
    refused("mounts[8].destination", "hide", d -> d.mount("/dev", "tmpfs"));
    refused("mounts[8].destination", "hide", d -> d.mount("/sys/fs", "tmpfs"));
    refused("mounts[8].options", "two layers", d -> d.mount("/data", "overlay", "ro"));
    refused("mounts[8].options", "read-only", d -> d.mount("/data", "overlay", layers()));
    refused("mounts[8].options", "no option of layers", d -> layers(d, "upperdir=/c"));
    refused("mounts[8].options", "upwards", d -> layers(d, "subpath=a/../../b"));
    refused("mounts[8].options", "absolute", d -> layers(d, "lowerdir+=c"));
    refused("mounts[8].type", "no file system", d -> d.mount("/data", "ext4"));
    refused("mounts[8].options", "no option of tmpfs", d -> d.mount("/data", "tmpfs", "size=1;rm"));
    refused("mounts[8].options", "no option of sysfs", d -> d.mount("/data", "sysfs", "x"));
    refused(
        "mounts[8].options",
        "no option of a bind",
        d -> d.bind("/data", "/x", FileKind.FILE, "size=1"));
    refused("mounts[8].source", "absolute", d -> d.bind("/data", "x", FileKind.FILE));
    refused("mounts[8].source", "upwards", d -> d.bind("/data", "/x/../y", FileKind.FILE));
    refused(
        "mounts[8].source",
        "not known",
        d -> d.bind("/data", "/x", FileKind.FILE).bindSources.remove("/x"));
    refused(
        "mounts[8].options",
        "without a mapping",
        d -> d.bind("/data", "/x", FileKind.FILE, "idmap"));
    refused("mounts[8]", "only binds", d -> d.mount("/data", "tmpfs", "idmap"));
    refused(
        "mounts[3].type",
        "mqueue of the host's ipc",
        d -> d.userNamespace("").namespace("ipc", null));
    refused(
        "mounts[5].type",
        "sysfs of the host's network",
        d -> d.userNamespace("").namespace("network", null));
    refused("linux.mountLabel", "SELinux", d -> d.mountLabel = "a:b:c:s0");
    refused("mounts[3].options", "nobody gave", d -> PodShapes.queues(d, "a:b:c:s0"));
    refused(
        "mounts[3].options",
        "nobody gave",
        d -> {
          d.seLinux = true;
          PodShapes.queues(d.namespace("ipc", ""), "a:b:c:s0");
        });
    refused("mounts[3].options", "no option of mqueue", d -> PodShapes.queues(d, "a b"));
    refused("linux.rootfsPropagation", "no propagation", d -> d.rootfsPropagation = "runbindable");
    refused("root", "needs a root", d -> d.root = new RootFs.None());
    refused(SpecDraft.exec(), "root", "no root", d -> d.root = SpecDraft.container().root);
  }

  @Test
  void devicesAndMasks() {
    refused(
        "linux.devices[0].path",
        "absolute",
        d -> d.devices.add(new OciDevice("dev/x", "c", 1, 1, null, null, null)));
    refused(
        "linux.devices[0].path",
        "no place",
        d -> d.devices.add(new OciDevice("/proc/x", "c", 1, 1, null, null, null)));
    refused(
        "linux.devices[0].path",
        "already",
        d -> d.devices.add(new OciDevice("/dev/shm", "c", 1, 1, null, null, null)));
    refused(
        "linux.devices[0].type",
        "no kind",
        d -> d.devices.add(new OciDevice("/dev/x", "s", 1, 1, null, null, null)));
    refused(
        "linux.devices[0]",
        "out of bounds",
        d -> d.devices.add(new OciDevice("/dev/x", "c", 5000, 1, null, null, null)));
    refused(
        "linux.devices[0]",
        "no id",
        d -> d.devices.add(new OciDevice("/dev/x", "c", 1, 1, null, -1L, null)));
    refused(
        "linux.devices[0].fileMode",
        "permission",
        d -> d.devices.add(new OciDevice("/dev/x", "c", 1, 1, 0100000, null, null)));
    refused(
        "linux.devices",
        "without a tmpfs",
        d -> {
          d.mounts.removeIf(m -> m.destination().startsWith("/dev"));
          d.devices.add(new OciDevice("/dev/x", "c", 1, 1, null, null, null));
        });
    refused("linux.maskedPaths[0]", "root itself", d -> d.masked = List.of("/"));
    refused(
        "linux.readonlyPaths[1]",
        "upwards",
        d -> d.readOnly = List.of("/proc/sys", "/proc/../etc"));
  }

  /** A user namespace takes a descriptor for each, and a launch has so many. */
  @Test
  void devicesOfAUserNamespace() throws LaunchRejection {
    List<OciDevice> many =
        IntStream.range(0, 230)
            .mapToObj(i -> new OciDevice("/dev/many/" + i, "c", 4, i, 0600, 0L, 0L))
            .toList();
    String ofTheWhole = "descriptors are more than the 240 a launch can have: 236 are for devices";
    refused(
        SpecDraft.container().userNamespace(""),
        "linux.devices",
        ofTheWhole,
        d -> d.devices.addAll(many));
    SpecDraft made = SpecDraft.container();
    made.devices.addAll(many);
    assertThat(made.compile().slotsTotal()).isLessThan(many.size());
    SpecDraft terminals = SpecDraft.container().userNamespace("");
    terminals.devices.add(new OciDevice("/dev/ptmx", "c", 5, 2, 0666, 0L, 0L));
    assertThat(terminals.compile()).isEqualTo(SpecDraft.container().userNamespace("").compile());
  }

  @Test
  void limits() {
    refused("linux.cgroupsPath", "missing", d -> d.cgroup = "");
    refused("linux.cgroupsPath", "root of all", d -> d.cgroup = "/");
    refused("linux.cgroupsPath", "upwards", d -> d.cgroup = "/a/../../b");
    refused(
        "linux.resources",
        "memory.max needs the cgroup2 controller memory",
        d -> {
          d.controllers = Set.of("cpu");
          d.resources = resources(new OciMemory(1L << 20, null, null), null, Map.of());
        });
    refused(
        "linux.resources.memory.swap",
        "below",
        d -> d.resources = resources(new OciMemory(100L, null, 50L), null, Map.of()));
    refused(
        "linux.resources.cpu.shares",
        "bounds",
        d -> d.resources = resources(null, new OciCpu(1L, null, null, "", ""), Map.of()));
    refused(
        "linux.resources.cpu.cpus",
        "no list",
        d -> d.resources = resources(null, new OciCpu(null, null, null, "0-", ""), Map.of()));
    refused(
        "linux.resources.unified.cgroup.procs",
        "no limit",
        d -> d.resources = resources(null, null, Map.of("cgroup.procs", "1")));
    refused(
        "linux.resources.unified.../x",
        "no limit",
        d -> d.resources = resources(null, null, Map.of("../x", "1")));
    refused(
        "process.rlimits[0].type",
        "no resource limit",
        d -> d.rlimits = List.of(new OciRlimit("NOFILE", 1, 1)));
    refused(
        "process.rlimits[0]",
        "above",
        d -> d.rlimits = List.of(new OciRlimit("RLIMIT_NOFILE", 1, -1)));
    refused("process.oomScoreAdj", "bounds", d -> d.oomScoreAdj = 1001);
    refused("hostname", "rename the host", d -> d.namespace("uts", null).hostname = "x");
    refused("hostname", "longer", d -> d.hostname = "x".repeat(65));
  }

  @Test
  void deviceRules() {
    rule(".major", "-1 is not within", new OciDeviceRule(true, "c", -1L, 3L, "r"));
    rule(".major", "4096 is not within", new OciDeviceRule(true, "c", 4096L, 3L, "r"));
    rule(".minor", "-7 is not within", new OciDeviceRule(false, "b", 1L, -7L, ""));
    rule(".minor", "4294967297 is not", new OciDeviceRule(true, "c", 1L, 4_294_967_297L, "r"));
    rule(".type", "no type", new OciDeviceRule(true, "x", 1L, 3L, "r"));
    rule(".access", "no kind", new OciDeviceRule(false, "c", 1L, 3L, "rx"));
  }

  private static void rule(String field, String reason, OciDeviceRule rule) {
    refused(
        "linux.resources.devices[0]" + field,
        reason,
        d -> d.resources = new OciResources(List.of(rule), null, null, null, List.of(), Map.of()));
  }

  private static OciResources resources(
      @org.jspecify.annotations.Nullable OciMemory memory,
      @org.jspecify.annotations.Nullable OciCpu cpu,
      Map<String, String> unified) {
    return new OciResources(List.of(), memory, cpu, null, List.of(), unified);
  }

  @Test
  void sysctls() {
    refused(
        "linux.sysctl.kernel.core_pattern",
        "whole node",
        d -> d.sysctl.put("kernel.core_pattern", "x"));
    refused(
        "linux.sysctl.net.ipv4.ip_forward",
        "host's network",
        d -> d.namespace("network", null).sysctl.put("net.ipv4.ip_forward", "1"));
    refused(
        "linux.sysctl.kernel.shmmax",
        "host's ipc",
        d -> d.namespace("ipc", null).sysctl.put("kernel.shmmax", "1"));
    refused(
        "linux.sysctl.kernel.hostname",
        "field of its own",
        d -> d.sysctl.put("kernel.hostname", "x"));
    refused("linux.sysctl", "not that of", d -> d.sysctl.put("net.ipv4..ip_forward", "x"));
    refused("linux.sysctl", "not that of", d -> d.sysctl.put("net/../kernel/core_pattern", "x"));
    refused(
        "linux.sysctl.net.ipv4.ip_forward",
        "no value",
        d -> d.sysctl.put("net.ipv4.ip_forward", " "));
  }

  @Test
  void sizes() {
    String large = "=" + "s3cr3t".repeat(20_000);
    refused(
        "process",
        "args 16 bytes, env 1200",
        d -> d.env = IntStream.range(0, 10).mapToObj(i -> "X" + i + large).toList());
    refused("process.env", "more than 16384", d -> d.env = Collections.nCopies(16_385, "A=b"));
    refused(
        "mounts",
        "descriptors",
        d -> {
          for (int i = 0; i < 250; i++) {
            d.bind("/m" + i, "/x" + i, FileKind.FILE);
          }
        });
    refused(
        "mounts",
        "steps",
        d -> d.masked = IntStream.range(0, 5000).mapToObj(i -> "/m" + i).toList());
  }

  @Test
  void allProblemsAreToldAtOnce() {
    SpecDraft draft = SpecDraft.container().user(-1, -1);
    draft.args = List.of();
    draft.hostname = "x".repeat(65);
    draft.mount("data", "ext4");
    assertThatThrownBy(draft::compile)
        .isInstanceOfSatisfying(
            LaunchRejection.class, e -> assertThat(e.problems()).hasSizeGreaterThanOrEqualTo(5));
  }
}
