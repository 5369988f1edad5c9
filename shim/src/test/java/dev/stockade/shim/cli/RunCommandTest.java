package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.MountPropagation;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code run} against real messages over a unix socket. */
@Timeout(60)
final class RunCommandTest {
  private static final String LOG =
      """
      2026-11-23T10:00:00.000000001Z stdout P hello\s
      2026-11-23T10:00:00.000000002Z stderr F oops
      2026-11-23T10:00:00.000000003Z stdout F world
      """;

  @TempDir private Path directory;
  private TestDaemon daemon;
  private Path pods;

  @BeforeEach
  void start() throws IOException {
    daemon = new TestDaemon(directory);
    daemon.images.add("sha256:0123", "busybox:local", 1);
    pods = directory.resolve("pods");
  }

  @AfterEach
  void stop() throws InterruptedException {
    daemon.stop();
  }

  private CommandLineRun run(String... args) {
    List<String> all =
        Stream.concat(Stream.of("run", "--pod-dir=" + pods), Stream.of(args)).toList();
    return daemon.run(all.toArray(String[]::new));
  }

  private List<String> left() throws IOException {
    if (!Files.exists(pods)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(pods)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void printsOutputAndReceiptAndLeavesNothing() throws IOException {
    daemon.output = LOG;
    daemon.exitCode = 7;
    daemon.reportsRunning.set(3);
    daemon.info.put("receiptTable", "\"user.uid  0  0  match\"");
    CommandLineRun run = run("--rm", "--receipt", "--image", "busybox:local", "--", "id", "-u");
    assertThat(run.err()).isEqualTo("oops\n");
    assertThat(run.out()).isEqualTo("hello world\n\nuser.uid  0  0  match\n");
    assertThat(run.exitCode()).isEqualTo(7);
    assertThat(daemon.containerRequests.get(0).getArgsList()).containsExactly("id", "-u");
    assertThat(daemon.pods).isEmpty();
    assertThat(pods).doesNotExist();
  }

  @Test
  void withoutRmThePodStaysAndRmRemovesItsDirectory() throws IOException {
    daemon.output = LOG;
    assertThat(run("--name", "web", "--image", "busybox:local").exitCode()).isZero();
    assertThat(daemon.pods).hasSize(1);
    assertThat(left()).hasSize(1);
    assertThat(daemon.run("logs", "web").out()).isEqualTo("hello world\n");
    assertThat(daemon.run("rm", "--pod-dir=" + pods, "web").exitCode()).isZero();
    assertThat(left()).isEmpty();
  }

  @Test
  void detachedPrintsTheIdOnly() {
    daemon.output = LOG;
    daemon.reportsRunning.set(-1);
    CommandLineRun run = run("--detach", "--image", "busybox:local");
    assertThat(run).isEqualTo(new CommandLineRun(0, "pod00000000000000000\n", ""));
  }

  @Test
  void theOutcomeAsJsonKeepsStandardOutputForItself() throws IOException {
    daemon.output = LOG;
    daemon.exitCode = 3;
    daemon.info.put("receipt", "{\"rows\":[1]}");
    CommandLineRun run = run("--json", "--receipt", "--image", "busybox:local");
    assertThat(run.err()).isEqualTo("hello oops\nworld\n");
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/containers/0/exitCode").asInt()).isEqualTo(3);
    assertThat(json.at("/containers/0/reason").asText()).isEqualTo("Error");
    assertThat(json.at("/containers/0/receipt/rows/0").asInt()).isEqualTo(1);
    assertThat(run.exitCode()).isEqualTo(3);
  }

  @Test
  void flagsBecomeTheMessagesTheySay() {
    run(
        "--name=a",
        "--namespace=b",
        "--image=busybox:local",
        "--user=1000:50",
        "--group-add=7",
        "--env=A=b=c",
        "--env=STOCKADE_SOCKET",
        "--mount=type=bind,source=/srv,target=/data,rro",
        "--cap-add=NET_ADMIN,SYS_TIME",
        "--cap-drop=ALL",
        "--read-only",
        "--no-new-privs",
        "--seccomp=localhost:/p.json",
        "--apparmor=unconfined",
        "--workdir=/w",
        "--tty",
        "--hostname=h",
        "--memory=64Mi",
        "--cpus=1.5",
        "--label=x=y",
        "--sysctl=kernel.shm_rmid_forced=1",
        "--host-pid",
        "--entrypoint=/e",
        "--",
        "arg",
        "--image");
    ContainerConfig container = daemon.containerRequests.get(0);
    LinuxContainerSecurityContext security = container.getLinux().getSecurityContext();
    assertThat(container.getMetadata().getName()).isEqualTo("a");
    assertThat(container.getCommandList()).containsExactly("/e");
    assertThat(container.getArgsList()).containsExactly("arg", "--image");
    assertThat(container.getEnvs(0).getValue().toStringUtf8()).isEqualTo("b=c");
    assertThat(container.getEnvs(1).getValue().toStringUtf8()).endsWith("cri.sock");
    assertThat(container.getMounts(0).getHostPath()).isEqualTo("/srv");
    assertThat(container.getMounts(0).getRecursiveReadOnly()).isTrue();
    assertThat(container.getMounts(0).getPropagation())
        .isEqualTo(MountPropagation.PROPAGATION_PRIVATE);
    assertThat(container.getTty()).isTrue();
    assertThat(container.getLinux().getResources().getMemoryLimitInBytes()).isEqualTo(64 << 20);
    assertThat(container.getLinux().getResources().getCpuQuota()).isEqualTo(150_000);
    assertThat(security.getRunAsUser().getValue()).isEqualTo(1000);
    assertThat(security.getRunAsGroup().getValue()).isEqualTo(50);
    assertThat(security.getSupplementalGroupsList()).containsExactly(7L);
    assertThat(security.getCapabilities().getAddCapabilitiesList())
        .containsExactly("NET_ADMIN", "SYS_TIME");
    assertThat(security.getCapabilities().getDropCapabilitiesList()).containsExactly("ALL");
    assertThat(security.getReadonlyRootfs()).isTrue();
    assertThat(security.getNoNewPrivs()).isTrue();
    assertThat(security.getSeccomp().getLocalhostRef()).isEqualTo("/p.json");
    assertThat(security.getApparmor().getProfileType()).isEqualTo(ProfileType.Unconfined);
    assertThat(security.getMaskedPathsList()).contains("/proc/kcore");
    assertThat(security.getNamespaceOptions().getPid()).isEqualTo(NamespaceMode.NODE);
    assertThat(security.getNamespaceOptions().getNetwork()).isEqualTo(NamespaceMode.POD);
    var pod = daemon.podRequests.get(0).getConfig();
    assertThat(pod.getMetadata().getNamespace()).isEqualTo("b");
    assertThat(pod.getHostname()).isEqualTo("h");
    assertThat(pod.getLinux().getSysctlsMap()).containsEntry("kernel.shm_rmid_forced", "1");
  }

  @Test
  void withoutFlagsSeccompIsTheDefaultAndPathsAreMasked() {
    run("--image=busybox:local");
    LinuxContainerSecurityContext security =
        daemon.containerRequests.get(0).getLinux().getSecurityContext();
    assertThat(security.hasSeccomp()).isTrue();
    assertThat(security.getSeccomp().getProfileType()).isEqualTo(ProfileType.RuntimeDefault);
    assertThat(security.hasRunAsUser()).isFalse();
    assertThat(security.hasCapabilities()).isFalse();
    assertThat(security.getMaskedPathsList()).isNotEmpty();
    assertThat(security.getNamespaceOptions().getPid()).isEqualTo(NamespaceMode.CONTAINER);
  }

  @Test
  void privilegedIsAskedOfPodAndContainer() {
    run("--image=busybox:local", "--privileged", "--host-network");
    assertThat(
            daemon.podRequests.get(0).getConfig().getLinux().getSecurityContext().getPrivileged())
        .isTrue();
    LinuxContainerSecurityContext security =
        daemon.containerRequests.get(0).getLinux().getSecurityContext();
    assertThat(security.getPrivileged()).isTrue();
    assertThat(security.getMaskedPathsList()).isEmpty();
    assertThat(daemon.podRequests.get(0).getConfig().getHostname()).isEmpty();
  }

  @Test
  void aUserNamespaceGetsIdsNobodyHas() {
    run("--image=busybox:local", "--userns");
    var mapping =
        daemon
            .containerRequests
            .get(0)
            .getLinux()
            .getSecurityContext()
            .getNamespaceOptions()
            .getUsernsOptions();
    assertThat(mapping.getMode()).isEqualTo(NamespaceMode.POD);
    assertThat(mapping.getUids(0).getHostId()).isGreaterThan(1 << 30);
    assertThat(mapping.getUids(0).getLength()).isEqualTo(65536);
    assertThat(
            daemon
                .podRequests
                .get(0)
                .getConfig()
                .getLinux()
                .getSecurityContext()
                .getNamespaceOptions()
                .getUsernsOptions())
        .isEqualTo(mapping);
  }

  @Test
  void wrongFlagsAskNothingOfTheDaemon() throws IOException {
    List<List<String>> wrong =
        List.of(
            List.of(),
            List.of("--image=x", "--user=-1"),
            List.of("--image=x", "--user=1:"),
            List.of("--image=x", "--mount=type=tmpfs,target=/x"),
            List.of("--image=x", "--mount=type=bind,source=/,target=rel"),
            List.of("--image=x", "--mount=type=bind,source=/,target=/x,what"),
            List.of("--image=x", "--seccomp=strict"),
            List.of("--image=x", "--memory=0"),
            List.of("--image=x", "--cpus=many"),
            List.of("--image=x", "--name=Not_A_Label"),
            List.of("--image=x", "--env=STOCKADE_NOT_SET_ANYWHERE"),
            List.of("--image=x", "--detach", "--rm"),
            List.of("--image=x", "--what"),
            List.of("--image=x", "--file=pod.yaml"),
            List.of("--file=" + directory + "/absent.yaml"));
    for (List<String> args : wrong) {
      CommandLineRun run = run(args.toArray(String[]::new));
      assertThat(run.exitCode()).describedAs("%s", args).isEqualTo(125);
      assertThat(run.err()).describedAs("%s", args).isNotEmpty();
    }
    assertThat(daemon.calls).doesNotContain("RunPodSandbox");
    assertThat(left()).isEmpty();
  }

  @Test
  void aMissingImageIsSaidBeforeAnythingIsMade() throws IOException {
    CommandLineRun run = run("--image", "nothing:1");
    assertThat(run.exitCode()).isEqualTo(125);
    assertThat(run.err()).contains("no image \"nothing:1\" on this node");
    assertThat(daemon.calls).doesNotContain("RunPodSandbox");
    assertThat(left()).isEmpty();
  }

  @Test
  void aFailedStartHasTheShellsCodeAndLeavesThePodForInspection() throws IOException {
    daemon.startFailure = Optional.of(Status.INVALID_ARGUMENT.withDescription("no such program"));
    daemon.exitCode = 127;
    CommandLineRun run = run("--image", "busybox:local", "--name=bad");
    assertThat(run.exitCode()).isEqualTo(127);
    assertThat(run.err())
        .contains(
            "cannot start container bad: no such program", "is left for \"stockade inspect\"");
    assertThat(daemon.pods).hasSize(1);
    daemon.exitCode = 128;
    assertThat(run("--rm", "--image", "busybox:local").exitCode()).isEqualTo(125);
    assertThat(daemon.pods).hasSize(1);
    assertThat(left()).hasSize(1);
  }

  @Test
  void aManifestRunsInitContainersFirstAndPrefixesTheOutputOfSeveral() throws IOException {
    daemon.output = LOG;
    Path manifest = directory.resolve("pod.yaml");
    Files.writeString(
        manifest,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: two}
        spec:
          restartPolicy: OnFailure
          volumes: [{name: scratch, emptyDir: {}}]
          initContainers: [{name: first, image: "busybox:local"}]
          containers:
          - {name: second, image: "busybox:local", volumeMounts: [{name: scratch, mountPath: /s}]}
        """);
    CommandLineRun run = run("--file", manifest.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualTo("[first] hello world\n[second] hello world\n");
    assertThat(run.err()).startsWith("stockade: spec.restartPolicy: ignored");
    Path volume = Path.of(daemon.containerRequests.get(1).getMounts(0).getHostPath());
    assertThat(Files.getPosixFilePermissions(volume)).hasSize(9);
    daemon.exitCode = 4;
    CommandLineRun failed = run("--rm", "--file", manifest.toString());
    assertThat(failed.exitCode()).isEqualTo(4);
    assertThat(failed.err()).contains("init container first ended with exit code 4");
    assertThat(failed.out()).doesNotContain("[second]");
  }

  @Test
  void aManifestWithProblemsNamesThemAll() throws IOException {
    Path manifest = directory.resolve("pod.yaml");
    Files.writeString(manifest, "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {foo: 1}\n");
    CommandLineRun run = run("--file", manifest.toString());
    assertThat(run.exitCode()).isEqualTo(125);
    assertThat(run.err())
        .contains("spec.containers: is required", "spec.foo: is unknown or not supported");
  }

  @Test
  void aManifestCanBeJsonOnStandardInput() {
    String json =
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"j\"},\"spec\":{\"containers\":"
            + "[{\"name\":\"c\",\"image\":\"busybox:local\"}]}}";
    InputStream before = System.in;
    try {
      System.setIn(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
      assertThat(run("--rm", "--file", "-").exitCode()).isZero();
    } finally {
      System.setIn(before);
    }
    assertThat(daemon.podRequests.get(0).getConfig().getMetadata().getName()).isEqualTo("j");
  }
}
