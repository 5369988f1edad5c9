package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Receipt;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Namespaces that several containers share, held without a process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PodKernelTest {
  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  private static void join(ContainerSpec spec, PodNamespaces pod) {
    pod.paths().forEach((kind, path) -> spec.namespace(kind.ociName(), path.toString()));
  }

  @Test
  void containersShareWhatThePodHolds() throws Exception {
    int before = Fd.openCount();
    PodNamespaces pod = bench.pod(Set.of("network", "ipc", "uts"));
    assertThat(pod.receipt().orElseThrow().verification()).isEqualTo(Receipt.Verification.HELD);
    bench.awaitNoMonitors();
    assertThat(PodNamespaces.find(pod.directory()).kinds()).isEqualTo(pod.kinds());
    String first = namespaces(pod);
    assertThat(namespaces(pod)).isEqualTo(first);
    pod.release();
    pod.release();
    bench.forgetLogs();
    assertThat(Fd.openCount()).isEqualTo(before);
    assertThat(MountInfo.self())
        .noneMatch(mount -> mount.point().startsWith(bench.directory.toString()));
    assertThat(pod.directory()).isEmptyDirectory();
  }

  private String namespaces(PodNamespaces pod) throws Exception {
    ContainerSpec spec =
        bench.container(
            "sh", "-c", "hostname; for n in net ipc uts; do readlink /proc/self/ns/$n; done");
    join(spec, pod);
    assertThat(bench.run(spec).code()).isZero();
    assertThat(bench.output(spec.id)).startsWith("pod-host\nnet:[");
    return bench.output(spec.id);
  }

  @Test
  void whatThePodDoesNotHaveIsMissedInItsContainers() throws Exception {
    PodNamespaces pod = bench.pod(Set.of("network", "ipc", "uts"));
    ContainerSpec spec = bench.container("true");
    join(spec, pod);
    spec.hostname = "another";
    spec.sysctl.put("net.ipv4.ip_forward", "1");
    LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec));
    assertThat(failure.mismatches())
        .extracting(Receipt.Row::constraint, Receipt.Row::kernel)
        .containsExactlyInAnyOrder(
            tuple(Constraint.HOSTNAME, "pod-host"), tuple(Constraint.SYSCTL, "0"));
    pod.release();
    bench.forgetLogs();
  }

  @Test
  void aPodInitHoldsASharedPidNamespace() throws Exception {
    PodNamespaces pod = bench.pod(Set.of("network", "ipc", "uts"));
    ContainerSpec draft = bench.container();
    join(draft, pod);
    LaunchRequest request = draft.podInit();
    LaunchFiles files = LaunchFiles.unlogged(bench.containerDirectory(request.id()));
    try (RunningProcess init = bench.launcher.launch(Bench.compile(request), request, files)) {
      assertThat(init.receipt().orElseThrow().mismatches()).isEmpty();
      assertThat(init.receipt().orElseThrow().rows())
          .extracting(Receipt.Row::constraint, Receipt.Row::kernel)
          .contains(tuple(Constraint.SECCOMP_MODE, "filter"));
      PodNamespaces shared = pod.with(NamespaceKind.PID, init);
      ContainerSpec spec =
          bench.container(
              "sh",
              "-c",
              "cat /proc/1/comm; grep Seccomp_filters /proc/1/status; (sleep 0 &); sleep 0.2; "
                  + "grep -l 'State:.*Z' /proc/[0-9]*/status | wc -l; ls -A /proc/1/root/ | wc -l");
      spec.capabilities = List.of("CAP_SYS_PTRACE");
      join(spec, shared);
      assertThat(bench.run(spec).code()).isZero();
      assertThat(bench.output(spec.id)).endsWith("warden\nSeccomp_filters:\t2\n0\n0\n");
      init.kill();
      Bench.exit(init);
      shared.release();
    }
    assertThat(bench.leftCgroups()).isEmpty();
  }

  @Test
  void aUserNamespaceOwnsThePodsOthers() throws Exception {
    PodNamespaces pod = bench.pod(Set.of("network", "ipc", "uts", "user"));
    ContainerSpec spec =
        bench.container("sh", "-c", "id -u; ip link set lo down && echo mine").userNamespace();
    spec.capabilities = List.of("CAP_NET_ADMIN");
    join(spec, pod);
    assertThat(bench.run(spec).code()).isZero();
    assertThat(bench.output(spec.id)).isEqualTo("0\nmine\n");
    pod.release();
  }
}
