package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.StepCode;
import dev.stockade.launcher.spec.OciRlimit;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * As {@link FaultKernelTest} for a further process in a container: the container is launched by a
 * warden that does as it is told.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ExecFaultKernelTest {
  private static final String MORE = "or:BOUNDING:0:0x200000;or:CAPSET:1:0x200000";
  private static final String OUTSIDE = "skip:JOIN_USER_NS;skip:USER_NS_ROOT";

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
      assertThat(healthy.leftCgroups()).isEmpty();
      healthy.close();
    }
  }

  static Stream<Fault> identity() {
    return Stream.of(
        Fault.of(Constraint.USER_UID, Fault::user, "set:UID:0:1001"),
        Fault.of(Constraint.USER_GID, Fault::user, "set:GID:0:1001"),
        Fault.of(Constraint.USER_GROUPS, Fault::user, "word:GROUPS:0:8"),
        Fault.of(Constraint.USER_UMASK, "set:UMASK:0:0"),
        Fault.of(Constraint.USER_UID_MAP, ContainerSpec::userNamespace, OUTSIDE),
        Fault.of(Constraint.USER_GID_MAP, ContainerSpec::userNamespace, OUTSIDE),
        Fault.of(Constraint.CAPABILITIES_BOUNDING, "or:BOUNDING:0:0x200000"),
        Fault.of(Constraint.CAPABILITIES_PERMITTED, MORE),
        Fault.of(Constraint.CAPABILITIES_EFFECTIVE, MORE),
        Fault.of(Constraint.CAPABILITIES_INHERITABLE, "or:CAPSET:2:1"),
        Fault.of(Constraint.CAPABILITIES_AMBIENT, ExecFaultKernelTest::ambient, "set:AMBIENT:0:0"),
        Fault.of(Constraint.SECUREBITS, "set:SECUREBITS:0:1"),
        Fault.of(Constraint.NO_NEW_PRIVS, Fault::unfiltered, "skip:NO_NEW_PRIVS"),
        Fault.of(Constraint.SECCOMP_MODE, "skip:SECCOMP"),
        Fault.of(Constraint.SECCOMP_PROGRAM, "allow:SECCOMP"));
  }

  private static void ambient(ContainerSpec spec) {
    Fault.user(spec);
    spec.ambient = List.of("CAP_CHOWN");
  }

  static Stream<Fault> namespaces() {
    return Stream.of(
        outside(Constraint.NAMESPACES_MOUNT, NamespaceKind.MOUNT, spec -> {}),
        outside(Constraint.NAMESPACES_NETWORK, NamespaceKind.NETWORK, spec -> {}),
        outside(Constraint.NAMESPACES_IPC, NamespaceKind.IPC, spec -> {}),
        outside(Constraint.NAMESPACES_UTS, NamespaceKind.UTS, spec -> {}),
        outside(Constraint.NAMESPACES_CGROUP, NamespaceKind.CGROUP, spec -> {}),
        outside(Constraint.NAMESPACES_TIME, NamespaceKind.TIME, ContainerSpec::timeNamespace),
        Fault.of(Constraint.NAMESPACES_PID, "skip:JOIN_PID_NS"),
        Fault.of(Constraint.NAMESPACES_USER, ContainerSpec::userNamespace, OUTSIDE),
        Fault.of(Constraint.CGROUP_PATH, "set:CLONE:1:0xffffffff"));
  }

  /** One namespace is not joined. */
  private static Fault outside(
      Constraint constraint, NamespaceKind kind, Consumer<ContainerSpec> spec) {
    return Fault.at(constraint, spec, "skip", StepCode.JOIN_NS, "type=" + kind.flag() + "]", "");
  }

  static Stream<Fault> process() {
    return Stream.of(
        Fault.of(Constraint.PROCESS_RLIMIT, ExecFaultKernelTest::limit, "set:RLIMIT:1:101"),
        Fault.of(Constraint.PROCESS_OOM_SCORE_ADJ, "set:OOM_SCORE_ADJ:0:499"),
        Fault.of(Constraint.PROCESS_SIGNALS, "ignore:CLOSE_FDS.1:13"),
        Fault.of(Constraint.PROCESS_SIGNALS, "block:CLOSE_FDS.1:15"),
        Fault.of(Constraint.PROCESS_CWD, spec -> spec.cwd = "/work", "text:CHDIR:0:/tmp"),
        Fault.of(Constraint.PROCESS_DESCRIPTORS, "keepfd:CLOSE_FDS.1"),
        Fault.of(Constraint.PROCESS_EXECUTABLE, "text:RESOLVE:0:/bin/alt"),
        Fault.of(Constraint.PROCESS_KEYRING, "skip:SESSION_KEYRING"));
  }

  private static void limit(ContainerSpec spec) {
    spec.rlimits = List.of(new OciRlimit("RLIMIT_NOFILE", 200, 100));
  }

  @ParameterizedTest
  @MethodSource({"identity", "namespaces", "process"})
  void isFoundOutAndNothingRuns(Fault fault) throws Exception {
    ContainerSpec spec = healthy.container("/bin/sleep", "60");
    fault.spec().accept(spec);
    try (RunningProcess process = healthy.launch(spec)) {
      LaunchRequest exec = spec.exec(process, "e" + serial, "/bin/sleep", "60");
      LaunchPlan plan = Bench.compile(exec);
      String wrong = fault.wrong().apply(plan);
      Path own = directory.resolve("f" + serial++);
      try (Bench bench = Bench.faulty(own, healthy.layer, wrong)) {
        fault.requireFoundOut(
            catchThrowableOfType(
                LaunchFailure.class,
                () -> bench.launcher.launch(plan, exec, LaunchFiles.exec(process))),
            wrong);
        bench.awaitNoMonitors();
      }
      assertThat(processes(spec)).containsExactly(process.pid());
      process.kill();
      Bench.exit(process);
    }
  }

  private List<Integer> processes(ContainerSpec spec) throws Exception {
    try (Cgroup cgroup = healthy.hierarchy.open(spec.cgroup())) {
      return cgroup.processes();
    }
  }

  /** What the receipt of one shows that asks for all there is. */
  @Test
  void everyConstraintOfAnExecIsTried() throws Exception {
    ContainerSpec spec = healthy.container("sleep", "60").userNamespace().timeNamespace();
    limit(spec);
    ambient(spec);
    try (RunningProcess process = healthy.launch(spec)) {
      LaunchRequest exec = spec.exec(process, "all", "sleep", "60");
      Set<Constraint> claimed;
      try (RunningProcess more =
          healthy.launcher.launch(Bench.compile(exec), exec, LaunchFiles.exec(process))) {
        claimed =
            more.receipt().orElseThrow().rows().stream()
                .map(Receipt.Row::constraint)
                .collect(Collectors.toSet());
        more.kill();
      }
      Bench.exit(process);
      Set<Constraint> tried =
          Stream.of(identity(), namespaces(), process())
              .flatMap(faults -> faults)
              .map(Fault::constraint)
              .collect(Collectors.toSet());
      assertThat(tried).containsExactlyInAnyOrderElementsOf(claimed);
    }
  }

  @Test
  void withoutAFaultTheFaultBuildLaunches() throws Exception {
    ContainerSpec spec = healthy.container("sleep", "60");
    try (RunningProcess process = healthy.launch(spec);
        Bench bench = Bench.faulty(directory.resolve("none"), healthy.layer, "")) {
      LaunchRequest exec = spec.exec(process, "none", "sh", "-c", "exit 4");
      try (RunningProcess more =
          bench.launcher.launch(Bench.compile(exec), exec, LaunchFiles.exec(process))) {
        assertThat(more.receipt().orElseThrow().passed()).isTrue();
        assertThat(Bench.exit(more).code()).isEqualTo(4);
      }
      process.kill();
      Bench.exit(process);
    }
  }
}
