package dev.stockade.shim.daemon;

import static dev.stockade.shim.daemon.HookScene.hook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.shim.explain.Explanation;
import dev.stockade.shim.explain.NodeExplainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks of devices: each at its stage, where it belongs, and none of them in vain. */
@Timeout(120)
final class HookKernelTest {
  private static final List<String> BEFORE =
      List.of("prestart", "createRuntime", "createContainer");

  private HookScene scene;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    scene = new HookScene(directory);
    daemon = Daemon.start(scene.config, Machine.warden(), "test");
    client = new CriClient(scene.config.socket(), directory.resolve("logs"));
    pod = client.run(client.pod("pod"));
  }

  @AfterEach
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(scene.config)).isEmpty();
    }
  }

  private String create(String name) {
    return client.create(pod, scene.container(client, name));
  }

  private static String poststart() {
    return hook("poststart", awaiting("poststart"));
  }

  /** Waits for the program where that runs while the hook does. */
  private static String awaiting(String stage) {
    return stage.equals("poststart")
        ? "while ! grep -q program @/shared/events; do sleep 0.1; done; "
        : "";
  }

  @Test
  void eachRunsAtItsStage() throws Exception {
    scene.device(
        hook("poststop", ""),
        poststart(),
        hook("createContainer", "echo for the program > rootfs/etc/made"),
        hook("createRuntime", "echo -n for hooks > rootfs/etc/of-container"),
        hook("prestart", ""));
    ContainerConfig.Builder container = scene.container(client, "all");
    container.getLinuxBuilder().getSecurityContextBuilder().setReadonlyRootfs(true);
    String id = client.create(pod, container);
    assertThat(scene.events()).isEmpty();
    client.start(id);
    assertThat(scene.events().subList(0, 3)).isEqualTo(BEFORE);
    assertThat(scene.events().subList(3, 5)).containsExactlyInAnyOrder("poststart", "program");
    int pid = client.pid(id);
    Path bundle = scene.config.root().resolve("containers").resolve(id).resolve("bundle");
    for (String stage : BEFORE) {
      assertState(stage, id, "creating", bundle, pid);
      assertThat(scene.seen(stage))
          .contains("State:\tt (tracing stop)", "in " + bundle + ", 0 this", "\"rootfs\"")
          .contains("user of the host", "pid of the host");
    }
    assertState("poststart", id, "running", bundle, pid);
    assertThat(scene.seen("createContainer")).contains("for hooks");
    assertThat(log("all")).contains("for the program");
    client.remove(id);
    assertThat(scene.events()).hasSize(6).endsWith("poststop");
    assertState("poststop", id, "stopped", bundle, 0);
    assertThat(bundle).doesNotExist();
  }

  @Test
  void aHookIsInTheNamespacesOfItsStage() throws Exception {
    scene.device(hook("prestart", ""), hook("createContainer", ""), poststart());
    client.start(create("namespaces"));
    assertThat(scene.seen("prestart")).contains("ipc of the host", "cgroup of the host");
    assertThat(scene.seen("poststart")).contains("mnt of the host", "ipc of the host");
    assertThat(scene.seen("createContainer"))
        .contains("ipc of the container", "cgroup of the container", "net of the container")
        .contains("pid of the host")
        .doesNotContain("mnt of the host", "mnt of the container", "pid of the container");
  }

  private void assertState(String stage, String id, String status, Path bundle, int pid)
      throws Exception {
    JsonNode state = scene.state(stage);
    assertThat(state.path("ociVersion").asText()).isEqualTo("1.2.1");
    assertThat(state.path("id").asText()).isEqualTo(id);
    assertThat(state.path("status").asText()).isEqualTo(status);
    assertThat(state.path("bundle").asText()).isEqualTo(bundle.toString());
    assertThat(state.path("pid").asInt()).isEqualTo(pid);
    assertThat(state.has("pid")).isEqualTo(pid != 0);
  }

  private String log(String name) throws Exception {
    return Files.readString(scene.directory.resolve("logs/pod").resolve(name + ".log"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"prestart", "createRuntime", "createContainer", "poststart"})
  void oneThatFailsFailsTheStart(String stage) throws Exception {
    scene.device(
        hook(stage, awaiting(stage) + "echo no such thing, $ONLY, secret of it >&2; exit 3"),
        hook("poststop", ""));
    String id = create("failing");
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining("the " + stage + " hook " + scene.directory + "/hook ended with")
        .hasMessageContaining("exit code 3: \"no such thing, this, ***\"");
    ContainerStatus status = client.status(id);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getReason()).isEqualTo("StartError");
    assertThat(status.getMessage()).contains(stage);
    assertThat(scene.events()).contains(stage).endsWith("poststop");
    assertThat(scene.events().contains("program")).isEqualTo(stage.equals("poststart"));
    HookScene.assertGone(scene.state(stage).path("pid").asText());
    scene.assertNothingRuns(id);
  }

  @Test
  void oneThatFailsAfterTheContainerFailsNothing() throws Exception {
    scene.device(hook("poststop", "exit 3"), hook("poststop", ""));
    String id = create("gone");
    client.start(id);
    scene.awaitProgram();
    client.remove(id);
    assertThat(scene.events()).containsSubsequence("program", "poststop", "poststop");
  }

  /** With all that it has started. */
  @Test
  void oneThatTakesTooLongIsKilled() throws Exception {
    String sleeps = "setsid sleep 998 & echo $! > @/pids; echo $$ >> @/pids; sleep 999";
    scene.device(hook("createRuntime", sleeps, "'timeout':" + Wait.PATIENCE));
    String id = create("slow");
    long before = System.nanoTime();
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining("took longer than " + Wait.PATIENCE + ".0 s and was killed");
    assertThat((System.nanoTime() - before) / 1e9 / Wait.PATIENCE).isBetween(1.0, 9.0);
    List<String> pids = Files.readAllLines(scene.directory.resolve("pids"));
    assertThat(pids).hasSize(2);
    for (String pid : pids) {
      HookScene.assertGone(pid);
    }
    scene.assertNothingRuns(id);
  }

  /** A monitor gives a verification ten seconds, and one behind hooks the time of the hooks too. */
  @Test
  void oneMayTakeLongerThanAVerification() throws Exception {
    scene.device(hook("prestart", "sleep 11"));
    String id = create("patient");
    client.start(id);
    assertThat(client.status(id).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(client.receipt(id).toString()).contains("before-exec");
  }

  @Test
  void whatOneChangesIsVerified() throws Exception {
    scene.device(
        hook("prestart", "nsenter --target $pid --mount /bin/busybox mount -t tmpfs x /bin"));
    String id = create("changed");
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining("not as asked, so it was not started")
        .hasMessageContaining("/bin");
    assertThat(scene.events()).containsExactly("prestart");
    scene.assertNothingRuns(id);
  }

  /** What it mounts is for itself alone, so one that relies on it would be in vain. */
  @ParameterizedTest
  @ValueSource(strings = {"prestart", "createContainer"})
  void oneThatLeavesAMountFailsTheStart(String stage) throws Exception {
    scene.device(hook(stage, "mount -t tmpfs none rootfs/bin"));
    String id = create("mounting");
    assertThatThrownBy(() -> client.start(id)).hasMessageContaining("left a mount behind");
    assertThat(scene.events()).containsExactly(stage);
    scene.assertNothingRuns(id);
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain("rootfs/bin");
  }

  /** As those of some vendors do, who work in a copy of the mounts that they are shown. */
  @Test
  void oneMayMountForItself() throws Exception {
    scene.device(
        hook(
            "createContainer",
            "unshare --mount sh -c \\\"mount --bind /bin rootfs/proc && pivot_root rootfs"
                + " rootfs/tmp && echo from within > /etc/made\\\""));
    client.start(create("pivot"));
    Wait.until("the program", () -> log("pivot").contains("from within"));
  }

  @Test
  void explainTellsOfThem() throws Exception {
    scene.device(hook("prestart", "true"), hook("poststop", "false"));
    ContainerConfig.Builder container = scene.container(client, "explained");
    container
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER));
    String file = scene.directory + "/cdi/v.json (device 0)";
    String origin = "a.b/c=0 of " + file + ", by CDI_devices[0].name";
    try (NodeExplainer explainer =
        NodeExplainer.open(scene.config, scene.directory, Machine.warden())) {
      Explanation explanation =
          explainer.explain(client.pod("explained").build(), "", List.of(container.build()));
      assertThat(explanation.containers().get(0).outcome().orElseThrow().notes())
          .contains(
              "prestart hook: " + scene.directory + "/hook prestart true, by " + origin,
              "poststop hook: " + scene.directory + "/hook poststop false, by " + origin);
    }
    assertThat(scene.events()).isEmpty();
  }

  @Test
  void theirProgramsAreForRootAloneToChange() throws Exception {
    Path other = scene.program("other", "#!/bin/sh\ntouch @/ran\n");
    scene.device("{'hookName':'prestart','path':'@/other'}");
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxrwxr-x"));
    refused(other + " can be written by others than root");
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rw-r--r--"));
    refused(other + " is no program");
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setAttribute(other, "unix:uid", 1000);
    refused(other + " belongs to uid 1000, not to root");
    Files.setAttribute(other, "unix:uid", 0);
    Path open = Files.createDirectory(scene.directory.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.createSymbolicLink(open.resolve("link"), other);
    scene.device("{'hookName':'prestart','path':'@/open/link'}");
    refused(open + " can be written by others than root");
    scene.device("{'hookName':'prestart','path':'@/none'}");
    refused(scene.directory + "/none is missing");
    scene.device("{'hookName':'prestart','path':'@/other'}");
    String id = create("changed-since");
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxrwxr-x"));
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining(other + " can be written by others than root");
    assertThat(scene.directory.resolve("ran")).doesNotExist();
  }

  private void refused(String reason) {
    assertThatThrownBy(() -> create("refused"))
        .hasMessageContaining("CDI_devices[0].name (" + scene.directory + "/cdi/v.json (device 0)")
        .hasMessageContaining("hooks[0]).path: ")
        .hasMessageContaining(reason);
  }
}
