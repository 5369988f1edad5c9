package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ExecSyncResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands against real messages over a unix socket. */
@Timeout(60)
final class CommandsTest {
  private static final String WEB = "aaaa0123456789aaaa";
  private static final String APP = "bbbb0123456789bbbb";
  private static final String OLD = "cccc0123456789cccc";

  @TempDir private Path directory;
  private TestDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    daemon = new TestDaemon(directory);
    daemon.addPod(WEB, "default", "web");
    daemon.addContainer(WEB, APP, "app", ContainerState.CONTAINER_RUNNING);
    daemon.addContainer(WEB, OLD, "init", ContainerState.CONTAINER_EXITED);
  }

  @AfterEach
  void stop() throws InterruptedException {
    daemon.stop();
  }

  @Test
  void psListsWhatIsUp() {
    CommandLineRun run = daemon.run("ps");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines().map(line -> line.replaceAll("\\S+$", "AGE")))
        .containsExactly(
            "POD          CONTAINER  ID             IMAGE          STATE    AGE",
            "default/web  -          aaaa012345678  -              Ready    AGE",
            "default/web  app        bbbb012345678  busybox:local  Running  AGE");
    assertThat(daemon.run("ps", "--all").out()).contains("init").contains("Exited");
    assertThat(daemon.run("ps", "--quiet", "--full-ids").out()).isEqualTo(WEB + "\n");
  }

  @Test
  void psAsJsonIsWhatCriSays() throws IOException {
    JsonNode json = new ObjectMapper().readTree(daemon.run("ps", "--all", "--json").out());
    assertThat(json.at("/pods/0/metadata/name").asText()).isEqualTo("web");
    assertThat(json.at("/pods/0/state").asText()).isEqualTo("SANDBOX_READY");
    assertThat(json.at("/containers/1/podSandboxId").asText()).isEqualTo(WEB);
    assertThat(json.at("/containers/1/createdAt").asText()).isEqualTo("1");
  }

  @Test
  void stopTakesNamesAndBeginningsOfIds() {
    assertThat(daemon.run("stop", "web", "--timeout", "3").exitCode()).isZero();
    assertThat(daemon.calls).contains("StopContainer " + APP + " 3", "StopPodSandbox " + WEB);
    assertThat(daemon.calls).doesNotContain("StopContainer " + OLD + " 3");
    daemon.calls.clear();
    assertThat(daemon.run("stop", "bbbb").exitCode()).isZero();
    assertThat(daemon.calls).contains("StopContainer " + APP + " 10").hasSize(3);
  }

  @Test
  void oneUnknownWordDoesNotKeepTheOthersFromBeingStopped() {
    CommandLineRun run = daemon.run("stop", "nothing", "web/app");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out()).isEqualTo("web/app\n");
    assertThat(run.err()).contains("no pod or container \"nothing\"");
    assertThat(daemon.calls).contains("StopContainer " + APP + " 10");
  }

  @Test
  void rmRefusesWhatRunsUnlessForced() {
    CommandLineRun refused = daemon.run("rm", "web");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.err()).contains("pod default/web has running containers", "--force");
    assertThat(daemon.pods).containsKey(WEB);
    assertThat(daemon.run("rm", "--force", "web").exitCode()).isZero();
    assertThat(daemon.pods).isEmpty();
    assertThat(daemon.calls).contains("StopContainer " + APP + " 0");
  }

  @Test
  void rmRemovesOneContainer() {
    assertThat(daemon.run("rm", "web/init").exitCode()).isZero();
    assertThat(daemon.containers).containsOnlyKeys(APP);
  }

  @Test
  void aNameOfSeveralIsRefusedWithTheirNames() {
    daemon.addPod("dddd", "other", "web");
    CommandLineRun run = daemon.run("stop", "web");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("\"web\" can mean default/web, other/web");
    assertThat(daemon.run("stop", "other/web").exitCode()).isZero();
    assertThat(daemon.calls).contains("StopPodSandbox dddd");
  }

  @Test
  void execPassesOutputAndExitCodeOn() {
    daemon.execAnswer =
        ExecSyncResponse.newBuilder()
            .setStdout(ByteString.copyFromUtf8("out\n"))
            .setStderr(ByteString.copyFromUtf8("err\n"))
            .setExitCode(42)
            .build();
    CommandLineRun run = daemon.run("exec", "--timeout", "7", "web/app", "--", "ls", "--help");
    assertThat(run).isEqualTo(new CommandLineRun(42, "out\n", "err\n"));
    assertThat(daemon.calls).contains("ExecSync [ls, --help] 7");
  }

  @Test
  void execSaysWhenItWasNotTheCommandThatFailed() {
    daemon.execAnswer = ExecSyncResponse.newBuilder().setExitCode(-1).build();
    CommandLineRun late = daemon.run("exec", "web/app", "--", "sleep", "9");
    assertThat(late.exitCode()).isEqualTo(125);
    assertThat(late.err()).contains("took too long (DEADLINE_EXCEEDED)");
    assertThat(daemon.run("exec", "web/app").exitCode()).isEqualTo(125);
    assertThat(daemon.run("exec", "nothing", "--", "ls").exitCode()).isEqualTo(125);
    assertThat(daemon.run("exec", "--socket", "/none", "web/app", "--", "ls").exitCode())
        .isEqualTo(125);
  }

  @Test
  void logsReadTheContainersFile() throws IOException {
    Path log = directory.resolve("0.log");
    Files.writeString(
        log,
        """
        2026-11-23T10:00:00.000000001Z stdout F one
        2026-11-23T10:00:00.000000002Z stderr F two
        2026-11-23T10:00:00.000000003Z stdout F three
        """);
    daemon.containers.computeIfPresent(
        APP, (id, status) -> status.toBuilder().setLogPath(log.toString()).build());
    assertThat(daemon.run("logs", "web/app"))
        .isEqualTo(new CommandLineRun(0, "one\nthree\n", "two\n"));
    assertThat(daemon.run("logs", "--tail", "1", "-t", "app").out())
        .isEqualTo("2026-11-23T10:00:00.000000003Z three\n");
    daemon.reportsRunning.set(2);
    assertThat(daemon.run("logs", "--follow", "app").out()).isEqualTo("one\nthree\n");
    CommandLineRun none = daemon.run("logs", "web/init");
    assertThat(none.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(none.err()).contains("keeps no log");
  }

  @Test
  void inspectShowsPartsAndTheWhole() throws IOException {
    daemon.info.put("info", "{\"pid\":[7,8],\"runtimeSpec\":{\"ociVersion\":\"1.2.0\"},\"x\":1}");
    daemon.info.put("plan", "UID 1000\nGID 1000\n");
    daemon.info.put("receiptTable", "user.uid  1000  1000");
    daemon.info.put("receipt", "{\"rows\":[]}");
    assertThat(daemon.run("inspect", "--plan", "app").out()).isEqualTo("UID 1000\nGID 1000\n");
    assertThat(daemon.run("inspect", "--receipt", "app").out()).isEqualTo("user.uid  1000  1000\n");
    assertThat(daemon.run("inspect", "--receipt", "--json", "app").out()).contains("\"rows\"");
    JsonNode whole = new ObjectMapper().readTree(daemon.run("inspect", "app").out());
    assertThat(whole.at("/status/id").asText()).isEqualTo(APP);
    assertThat(whole.at("/info/info/runtimeSpec/ociVersion").asText()).isEqualTo("1.2.0");
    assertThat(whole.at("/info/plan").asText()).isEqualTo("UID 1000\nGID 1000\n");
    JsonNode spec = new ObjectMapper().readTree(daemon.run("inspect", "--spec", "app").out());
    assertThat(spec.at("/ociVersion").asText()).isEqualTo("1.2.0");
    JsonNode pod = new ObjectMapper().readTree(daemon.run("inspect", "--pod", "web").out());
    assertThat(pod.at("/status/metadata/name").asText()).isEqualTo("web");
    assertThat(daemon.run("inspect", "--plan", "--spec", "app").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void imagesAreListedAndRemoved() throws IOException {
    daemon.images.add("sha256:0123456789abcdef", "docker.io/library/busybox:local", 1_500_000);
    assertThat(daemon.run("images", "ls").out().lines())
        .containsExactly(
            "IMAGE                            ID             SIZE",
            "docker.io/library/busybox:local  0123456789abc  1.43MiB");
    JsonNode json = new ObjectMapper().readTree(daemon.run("images", "ls", "--json").out());
    assertThat(json.at("/0/size").asText()).isEqualTo("1500000");
    CommandLineRun unknown = daemon.run("images", "rm", "nothing:1");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(unknown.err()).contains("no image \"nothing:1\"");
    assertThat(daemon.run("images", "rm", "01234").exitCode()).isZero();
    assertThat(daemon.images.images).isEmpty();
  }

  @Test
  void anImageIsImportedByPath() throws IOException {
    Path archive = Files.createFile(directory.resolve("image.tar"));
    CommandLineRun run = daemon.run("images", "import", archive.toString(), "--ref", "b:2");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines()).containsExactly("IMAGE  ID      SIZE", "a:1    abcdef  5B");
    assertThat(daemon.images.sources.get(0).getPath()).isEqualTo(archive.toRealPath().toString());
    assertThat(daemon.images.sources.get(0).getReference()).isEqualTo("b:2");
    CommandLineRun missing = daemon.run("images", "import", directory + "/absent");
    assertThat(missing.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(missing.err()).contains("there is no such file or directory");
  }

  @Test
  void anImageIsImportedFromStandardInputAndRefusedEarly() {
    byte[] archive = "0123456789".repeat(300_000).getBytes(StandardCharsets.US_ASCII);
    InputStream before = System.in;
    try {
      System.setIn(new ByteArrayInputStream(archive));
      assertThat(daemon.run("images", "import", "-").exitCode()).isZero();
      assertThat(daemon.images.received).isEqualTo(ByteString.copyFrom(archive));
      daemon.images.refusedAfter = 0;
      System.setIn(new ByteArrayInputStream(archive));
      CommandLineRun refused = daemon.run("images", "import", "-");
      assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(refused.err()).contains("this is no archive (INVALID_ARGUMENT)");
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void versionShowsBothSides() throws IOException {
    assertThat(daemon.run("version").out()).contains("stockade 9.8.7", "kernel", "warden build");
    JsonNode json = new ObjectMapper().readTree(daemon.run("version", "--json").out());
    assertThat(json.at("/daemon/version").asText()).isEqualTo("9.8.7");
  }
}
