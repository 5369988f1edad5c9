package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.MountSlots;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Slot;
import dev.stockade.launcher.plan.StepCode;
import dev.stockade.launcher.spec.OciRlimit;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The receipt finds out: with a warden that leaves out or alters one thing, no launch succeeds, the
 * failure names the constraint, and nothing is left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FaultKernelTest {
  /** One capability more, where root would keep it over exec. */
  private static final String MORE = "or:BOUNDING:0:0x200000;or:CAPSET:1:0x200000";

  private FaultTrial trial;

  @BeforeAll
  void open(@TempDir Path directory) throws Exception {
    trial = FaultTrial.open(directory);
  }

  @AfterAll
  void close() throws Exception {
    if (trial != null) {
      trial.close();
    }
  }

  /** In the node's own cgroup namespace a mount of cgroup2 would change the options of all. */
  private static void withoutCgroups(ContainerSpec spec) {
    spec.mounts.removeIf(mount -> mount.type().equals("cgroup"));
  }

  private static void twoVolumes(ContainerSpec spec) {
    spec.bind("/first", spec.layer().resolve("etc"), "rbind", "ro")
        .bind("/second", spec.layer().resolve("tmp"), "rbind", "ro");
  }

  /** Each of two binds in the place of the other. */
  private static String swapped(LaunchPlan plan) {
    return moved(plan, "first", "/second") + ";" + moved(plan, "second", "/first");
  }

  /** Attaches at a target what belongs to another path. */
  private static String moved(LaunchPlan plan, String target, String other) {
    Slot slot = Objects.requireNonNull(MountSlots.of(plan).get(other));
    return "set:ATTACH." + Fault.index(plan, StepCode.ATTACH, target) + ":0:" + slot.index();
  }

  static Stream<Fault> identity() {
    return Stream.of(
        Fault.of(Constraint.USER_UID, Fault::user, "set:UID:0:1001"),
        Fault.of(Constraint.USER_GID, Fault::user, "set:GID:0:1001"),
        Fault.of(Constraint.USER_GROUPS, Fault::user, "word:GROUPS:0:8"),
        Fault.of(Constraint.USER_UMASK, "set:UMASK:0:0"),
        Fault.of(
            Constraint.USER_UID_MAP, ContainerSpec::userNamespace, "text:ID_MAPS:0:0 200001 65536"),
        Fault.of(
            Constraint.USER_GID_MAP, ContainerSpec::userNamespace, "text:ID_MAPS:1:0 200001 65536"),
        Fault.of(Constraint.CAPABILITIES_BOUNDING, "or:BOUNDING:0:0x200000"),
        Fault.of(Constraint.CAPABILITIES_PERMITTED, MORE),
        Fault.of(Constraint.CAPABILITIES_EFFECTIVE, MORE),
        Fault.of(Constraint.CAPABILITIES_INHERITABLE, "or:CAPSET:2:1"),
        Fault.of(
            Constraint.CAPABILITIES_AMBIENT,
            spec -> {
              Fault.user(spec);
              spec.ambient = List.of("CAP_CHOWN");
            },
            "set:AMBIENT:0:0"),
        Fault.of(Constraint.SECUREBITS, spec -> spec.secureBits = 1, "set:SECUREBITS:0:0"),
        Fault.of(Constraint.NO_NEW_PRIVS, Fault::unfiltered, "skip:NO_NEW_PRIVS"),
        Fault.of(Constraint.SECCOMP_MODE, "skip:SECCOMP"),
        Fault.of(Constraint.SECCOMP_PROGRAM, "allow:SECCOMP"));
  }

  static Stream<Fault> namespaces() {
    return Stream.of(
        Fault.of(Constraint.NAMESPACES_MOUNT, "clear:CLONE:0:0x20000"),
        Fault.of(Constraint.NAMESPACES_PID, "clear:CLONE:0:0x20000000"),
        Fault.of(Constraint.NAMESPACES_NETWORK, "clear:CLONE:0:0x40000000"),
        Fault.of(Constraint.NAMESPACES_IPC, "clear:CLONE:0:0x8000000"),
        Fault.of(Constraint.NAMESPACES_UTS, "clear:CLONE:0:0x4000000;skip:HOSTNAME"),
        Fault.of(
            Constraint.NAMESPACES_CGROUP,
            FaultKernelTest::withoutCgroups,
            "clear:CLONE:0:0x2000000"),
        Fault.of(
            Constraint.NAMESPACES_TIME,
            ContainerSpec::timeNamespace,
            "skip:UNSHARE;skip:TIME_OFFSETS"),
        Fault.of(Constraint.TIME_OFFSET, ContainerSpec::timeNamespace, "skip:TIME_OFFSETS"),
        Fault.of(Constraint.CGROUP_PATH, "set:CLONE:1:0xffffffff"),
        Fault.of(Constraint.HOSTNAME, "text:HOSTNAME:0:other"),
        Fault.of(
            Constraint.DOMAINNAME, spec -> spec.domainname = "right", "text:DOMAINNAME:0:wrong"),
        Fault.of(
            Constraint.SYSCTL,
            spec -> spec.sysctl.put("net.ipv4.ip_forward", "1"),
            "text:SYSCTL:2:0"));
  }

  static Stream<Fault> fileSystem() {
    return Stream.of(
        Fault.of(Constraint.MOUNTS_ROOT, spec -> spec.readOnlyRoot = true, "skip:ROOT_ATTRIBUTES"),
        Fault.at(Constraint.MOUNTS_MOUNT, "clear", StepCode.MOUNT_FS, "mqueue", ":2:0x8"),
        Fault.at(Constraint.MOUNTS_MOUNT, "skip", StepCode.ATTACH, "mqueue", ""),
        Fault.at(Constraint.MOUNTS_OPTIONS, "set", StepCode.MOUNT_FS, "tmpfs", ":1:0"),
        Fault.at(Constraint.MOUNTS_OPTIONS, "set", StepCode.MOUNT_FS, "devpts", ":1:0"),
        new Fault(Constraint.MOUNTS_SOURCE, FaultKernelTest::twoVolumes, FaultKernelTest::swapped),
        Fault.at(Constraint.MOUNTS_PROPAGATION, "set", StepCode.ATTACH, "mqueue", ":3:0x100000"),
        Fault.at(Constraint.MOUNTS_MASKED, "skip", StepCode.MASK, "version", ""),
        Fault.at(Constraint.MOUNTS_MASKED, "skip", StepCode.MASK, "firmware", ""),
        Fault.at(Constraint.MOUNTS_READ_ONLY, "skip", StepCode.READ_ONLY, "proc/sys", ""),
        Fault.of(Constraint.MOUNTS_OTHERS, "mount:PIVOT_ROOT:0:tmp"),
        Fault.of(Constraint.MOUNTS_OTHERS, "mount:USE_ROOT:0:dev"),
        Fault.of(Constraint.MOUNTS_OTHERS, "mount:PIVOT_ROOT:0:."),
        Fault.at(
            Constraint.MOUNTS_OTHERS, "mount", StepCode.READ_ONLY, "proc/sys", ":0:proc/sys/fs"),
        Fault.at(
            Constraint.MOUNTS_READ_ONLY, "mount", StepCode.READ_ONLY, "proc/sys", ":0:proc/sys/fs"),
        Fault.at(Constraint.DEVICES_NODE, "set", StepCode.MAKE_NODE, "dev/zero", ":2:0x100000007"));
  }

  static Stream<Fault> process() {
    return Stream.of(
        Fault.of(
            Constraint.PROCESS_RLIMIT,
            spec -> spec.rlimits = List.of(new OciRlimit("RLIMIT_NOFILE", 200, 100)),
            "set:RLIMIT:1:101"),
        Fault.of(Constraint.PROCESS_OOM_SCORE_ADJ, "set:OOM_SCORE_ADJ:0:499"),
        Fault.of(Constraint.PROCESS_SIGNALS, "ignore:CLOSE_FDS.1:13"),
        Fault.of(Constraint.PROCESS_SIGNALS, "block:CLOSE_FDS.1:15"),
        Fault.of(Constraint.PROCESS_CWD, spec -> spec.cwd = "/work", "text:CHDIR:0:/tmp"),
        Fault.of(Constraint.PROCESS_DESCRIPTORS, "keepfd:CLOSE_FDS.1"),
        Fault.of(Constraint.PROCESS_EXECUTABLE, "text:RESOLVE:0:/bin/alt"),
        Fault.of(Constraint.PROCESS_KEYRING, "skip:SESSION_KEYRING"));
  }

  @ParameterizedTest
  @MethodSource({"identity", "namespaces", "fileSystem", "process"})
  void isFoundOutAndNothingRuns(Fault fault) throws Exception {
    trial.requireFoundOut(fault);
  }

  /**
   * Those that are not warden's doing, and those this kernel cannot have, have tests of their own
   * or cannot be had.
   */
  @Test
  void everyConstraintIsTried() {
    Set<Constraint> tried = EnumSet.noneOf(Constraint.class);
    Stream.of(identity(), namespaces(), fileSystem(), process(), Labels.faults())
        .flatMap(faults -> faults)
        .forEach(fault -> tried.add(fault.constraint()));
    Set<Constraint> elsewhere =
        EnumSet.of(
            Constraint.CGROUP_LIMIT,
            Constraint.LSM_SELINUX_MODE,
            Constraint.NAMESPACES_USER,
            Constraint.CGROUP_DEVICES,
            Constraint.MOUNTS_TREE);
    assertThat(EnumSet.complementOf(EnumSet.copyOf(tried))).isEqualTo(elsewhere);
  }

  @Test
  void aUserNamespaceThatWasNotEnteredIsFoundOut() throws Exception {
    try (Bench bench = trial.faulty("skip:JOIN_USER_NS;skip:USER_NS_ROOT")) {
      PodNamespaces pod = bench.pod(Set.of("user"));
      ContainerSpec spec = bench.container("/bin/sleep", "60").userNamespace();
      spec.namespace("user", pod.path(NamespaceKind.USER).orElseThrow().toString());
      LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec));
      assertThat(failure).isNotNull();
      assertThat(failure.mismatches())
          .as(failure.getMessage())
          .extracting(Receipt.Row::constraint)
          .contains(Constraint.NAMESPACES_USER, Constraint.USER_UID);
      assertThat(bench.leftCgroups()).isEmpty();
      bench.awaitNoMonitors();
      pod.release();
    }
  }

  @Test
  void withoutAFaultTheFaultBuildLaunches() throws Exception {
    try (Bench bench = trial.faulty("")) {
      ContainerSpec spec = bench.container("/bin/true");
      LaunchRequest request = spec.request();
      try (RunningProcess process =
          bench.launcher.launch(Bench.compile(request), request, bench.files(request))) {
        assertThat(process.receipt().orElseThrow().passed()).isTrue();
        assertThat(Bench.exit(process).code()).isZero();
      }
    }
  }
}
