package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Receipt;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link FaultKernelTest} for the first process of a pod. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PodInitFaultKernelTest {
  /** Root keeps over exec what its bounding set has. */
  private static final String ROOT = "skip:UID;or:BOUNDING:0:0x200000;or:CAPSET:1:0x200000";

  private static final String AMBIENT =
      "or:BOUNDING:0:1;or:CAPSET:1:1;or:CAPSET:2:1;set:AMBIENT:0:1";

  private Path directory;
  private Bench healthy;
  private int serial;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    directory = temporary;
    healthy = Bench.open(temporary.resolve("healthy"));
  }

  @AfterAll
  void close() throws Exception {
    if (healthy != null) {
      healthy.close();
    }
  }

  static Stream<Fault> identity() {
    return Stream.of(
        Fault.of(Constraint.USER_UID, "set:UID:0:1001"),
        Fault.of(Constraint.USER_GID, "set:GID:0:1001"),
        Fault.of(Constraint.USER_GROUPS, "word:GROUPS:0:8"),
        Fault.of(Constraint.USER_UMASK, "set:UMASK:0:0"),
        Fault.of(
            Constraint.USER_UID_MAP, ContainerSpec::userNamespace, "text:ID_MAPS:0:0 200001 65536"),
        Fault.of(
            Constraint.USER_GID_MAP, ContainerSpec::userNamespace, "text:ID_MAPS:1:0 200001 65536"),
        Fault.of(Constraint.CAPABILITIES_BOUNDING, "or:BOUNDING:0:0x200000"),
        Fault.of(Constraint.CAPABILITIES_PERMITTED, ROOT),
        Fault.of(Constraint.CAPABILITIES_EFFECTIVE, ROOT),
        Fault.of(Constraint.CAPABILITIES_INHERITABLE, "or:BOUNDING:0:1;or:CAPSET:2:1"),
        Fault.of(Constraint.CAPABILITIES_AMBIENT, AMBIENT),
        Fault.of(Constraint.SECUREBITS, "set:SECUREBITS:0:1"),
        Fault.of(Constraint.NO_NEW_PRIVS, "skip:NO_NEW_PRIVS;skip:SECCOMP"),
        Fault.of(Constraint.SECCOMP_MODE, "skip:SECCOMP"),
        Fault.of(Constraint.SECCOMP_PROGRAM, "allow:SECCOMP"));
  }

  static Stream<Fault> surroundings() {
    return Stream.of(
        Fault.of(Constraint.NAMESPACES_MOUNT, "clear:CLONE:0:0x20000"),
        Fault.of(Constraint.NAMESPACES_PID, "clear:CLONE:0:0x20000000"),
        Fault.of(Constraint.NAMESPACES_NETWORK, "clear:CLONE:0:0x40000000"),
        Fault.of(Constraint.NAMESPACES_IPC, "clear:CLONE:0:0x8000000"),
        Fault.of(Constraint.NAMESPACES_UTS, "clear:CLONE:0:0x4000000"),
        Fault.of(Constraint.NAMESPACES_CGROUP, "clear:CLONE:0:0x2000000"),
        Fault.of(
            Constraint.NAMESPACES_TIME,
            ContainerSpec::timeNamespace,
            "skip:UNSHARE;skip:TIME_OFFSETS"),
        Fault.of(Constraint.TIME_OFFSET, ContainerSpec::timeNamespace, "skip:TIME_OFFSETS"),
        Fault.of(Constraint.CGROUP_PATH, "set:CLONE:1:0xffffffff"),
        Fault.of(Constraint.MOUNTS_ROOT, "clear:MOUNT_FS:2:1"),
        Fault.of(Constraint.MOUNTS_MOUNT, "clear:MOUNT_FS:2:8"),
        Fault.of(Constraint.MOUNTS_OTHERS, "mount:PIVOT_ROOT:0:."),
        Fault.of(Constraint.PROCESS_OOM_SCORE_ADJ, "set:OOM_SCORE_ADJ:0:499"),
        Fault.of(Constraint.PROCESS_SIGNALS, "ignore:CLOSE_FDS.1:13"),
        Fault.of(Constraint.PROCESS_SIGNALS, "block:CLOSE_FDS.1:15"),
        Fault.of(Constraint.PROCESS_DESCRIPTORS, "keepfd:CLOSE_FDS.1"),
        Fault.of(Constraint.PROCESS_KEYRING, "skip:SESSION_KEYRING"));
  }

  private static RunningProcess launch(Bench bench, LaunchRequest init) throws Exception {
    LaunchFiles files = LaunchFiles.unlogged(bench.containerDirectory(init.id()));
    return bench.launcher.launch(Bench.compile(init), init, files);
  }

  private static LaunchRequest request(Bench bench, Fault fault) {
    ContainerSpec spec = bench.container();
    fault.spec().accept(spec);
    return spec.podInit();
  }

  @ParameterizedTest
  @MethodSource({"identity", "surroundings"})
  void isFoundOutAndNothingRuns(Fault fault) throws Exception {
    String wrong = fault.wrong().apply(Bench.compile(request(healthy, fault)));
    int before = Fd.openCount();
    Path own = directory.resolve("f" + serial++);
    try (Bench bench = Bench.faulty(own, healthy.layer, wrong)) {
      LaunchRequest init = request(bench, fault);
      fault.requireFoundOut(
          catchThrowableOfType(LaunchFailure.class, () -> launch(bench, init)), wrong);
      assertThat(bench.leftCgroups()).isEmpty();
      bench.awaitNoMonitors();
    }
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  @Test
  void aUserNamespaceThatWasNotEnteredIsFoundOut() throws Exception {
    Path own = directory.resolve("f" + serial++);
    try (Bench bench = Bench.faulty(own, healthy.layer, "skip:JOIN_USER_NS;skip:USER_NS_ROOT")) {
      PodNamespaces pod = bench.pod(Set.of("user"));
      ContainerSpec spec = bench.container().userNamespace();
      spec.namespace("user", pod.path(NamespaceKind.USER).orElseThrow().toString());
      LaunchRequest init = spec.podInit();
      LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> launch(bench, init));
      new Fault(Constraint.NAMESPACES_USER, any -> {}, any -> "")
          .requireFoundOut(failure, "the user namespace");
      assertThat(bench.leftCgroups()).isEmpty();
      bench.awaitNoMonitors();
      pod.release();
    }
  }

  /**
   * What the receipt of one shows that asks for all there is. Its directory is the root in any
   * case, its program the only one that it has a descriptor of, and its limits are those of serve,
   * which no step of it sets.
   */
  @Test
  void everyConstraintOfAPodsFirstProcessIsTried() throws Exception {
    ContainerSpec spec = healthy.container().userNamespace().timeNamespace();
    Set<Constraint> claimed = EnumSet.noneOf(Constraint.class);
    try (RunningProcess process = launch(healthy, spec.podInit())) {
      process.receipt().orElseThrow().rows().stream()
          .map(Receipt.Row::constraint)
          .forEach(claimed::add);
      process.kill();
      Bench.exit(process);
    }
    Set<Constraint> tried =
        Stream.concat(identity(), surroundings())
            .map(Fault::constraint)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Constraint.class)));
    tried.add(Constraint.NAMESPACES_USER);
    claimed.removeAll(tried);
    assertThat(claimed)
        .containsExactlyInAnyOrder(
            Constraint.PROCESS_RLIMIT, Constraint.PROCESS_CWD, Constraint.PROCESS_EXECUTABLE);
  }
}
