package dev.stockade.shim.daemon;

import static dev.stockade.shim.daemon.HookScene.hook;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.launcher.linux.Pidfd;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks of containers whose daemon ends, or is killed, between them. */
@Timeout(120)
final class HookRecoveryKernelTest {
  private HookScene scene;
  private DaemonProcess daemon;
  private CriClient client;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    scene = new HookScene(directory);
    connect();
  }

  private void connect() throws Exception {
    daemon = DaemonProcess.start(scene.directory, scene.config);
    client = new CriClient(scene.config.socket(), scene.directory.resolve("logs"));
  }

  @AfterEach
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.end();
      assertThat(Machine.leftovers(scene.config)).isEmpty();
    }
  }

  private String create() {
    return client.create(client.run(client.pod("pod")), scene.container(client, "one"));
  }

  /** The hooks are those of the file of then. */
  @Test
  void anotherDaemonRunsThoseThatAreLeft() throws Exception {
    scene.device(hook("poststop", ""));
    String id = create();
    client.start(id);
    scene.awaitProgram();
    client.close();
    daemon.end();
    Files.delete(scene.directory.resolve("cdi/v.json"));
    connect();
    assertThat(scene.events()).doesNotContain("poststop");
    client.remove(id);
    assertThat(scene.events()).containsExactly("program", "poststop");
  }

  @Test
  void anEndThatNoDaemonSawIsFollowedByThem() throws Exception {
    scene.device(hook("poststop", ""));
    String id = create();
    client.start(id);
    scene.awaitProgram();
    int pid = client.pid(id);
    client.close();
    daemon.kill();
    try (Pidfd process = Pidfd.open(pid)) {
      process.signal(9);
    }
    assertThat(scene.events()).containsExactly("program");
    connect();
    assertThat(scene.events()).containsExactly("program", "poststop");
    assertThat(scene.state("poststop").path("id").asText()).isEqualTo(id);
    client.remove(id);
    assertThat(scene.events()).containsExactly("program", "poststop");
  }

  /** A container of which nobody knows how far its hooks came does not run. */
  @ParameterizedTest
  @ValueSource(strings = {"createContainer", "poststart"})
  void aDaemonThatIsKilledMeanwhileHasNotStartedIt(String stage) throws Exception {
    scene.device(hook(stage, "echo $$ > @/pid; sleep 1000"), hook("poststop", ""));
    String id = create();
    CompletableFuture<Void> start = CompletableFuture.runAsync(() -> startInVain(id));
    Wait.until("the hook", () -> Files.exists(scene.directory.resolve("pid")));
    if (stage.equals("poststart")) {
      scene.awaitProgram();
    }
    daemon.kill();
    start.get();
    client.close();
    connect();
    ContainerStatus status = client.status(id);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getReason()).isEqualTo("StartError");
    assertThat(scene.events()).contains(stage).endsWith("poststop");
    assertThat(scene.events().contains("program")).isEqualTo(stage.equals("poststart"));
    HookScene.assertGone(Files.readString(scene.directory.resolve("pid")).strip());
    HookScene.assertGone(scene.state(stage).path("pid").asText());
  }

  @Test
  void neitherIfTheHookIsOneOfTheContainer() throws Exception {
    scene.device(
        HookScene.within("echo startContainer >> /shared/events; sleep 1000", "'timeout':30"),
        hook("poststop", ""));
    String id = create();
    CompletableFuture<Void> start = CompletableFuture.runAsync(() -> startInVain(id));
    Wait.until("the hook", () -> scene.events().contains("startContainer"));
    daemon.kill();
    start.get();
    client.close();
    connect();
    assertThat(client.status(id).getReason()).isEqualTo("StartError");
    assertThat(scene.events()).containsExactly("startContainer", "poststop");
    scene.assertNoCgroup(id);
  }

  private void startInVain(String id) {
    try {
      client.start(id);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.UNAVAILABLE);
    }
  }
}
