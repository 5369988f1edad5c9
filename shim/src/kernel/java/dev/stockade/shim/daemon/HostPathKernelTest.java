package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.shim.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers see what they ask for of the host, and never the daemon's own directories. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class HostPathKernelTest {
  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private ContainerConfig.Builder sees(Path source, boolean readOnly, String script) {
    return client
        .container("main", "sh", "-c", script)
        .addMounts(
            Mount.newBuilder()
                .setHostPath(source.toString())
                .setContainerPath("/host")
                .setReadonly(readOnly));
  }

  private String output(String pod, ContainerConfig.Builder container) throws Exception {
    String id = client.create(client.run(client.pod(pod)), container);
    client.start(id);
    int code = client.awaitEnd(id).getExitCode();
    String log = Files.readString(directory.resolve("logs").resolve(pod).resolve("main.log"));
    assertThat(code).as(log).isZero();
    return log;
  }

  @Test
  void aParentShowsAllButTheDaemonsDirectories() throws Exception {
    String script =
        """
        ls -A /host/run /host/state
        ls /host/config.toml
        touch /host/made
        touch /host/run/made || touch /host/state/made || exit 0
        """;
    assertThat(output("parent", sees(directory, false, script)))
        .contains(" stdout F /host/run:\n", " stdout F /host/config.toml\n", "Read-only")
        .doesNotContain("cri.sock", "warden", "containers", "images");
    assertThat(directory.resolve("made")).exists();
  }

  @Test
  void soDoesTheWholeHost() throws Exception {
    String script =
        "ls -A /host%1$s/run /host%1$s/state; ls -d /host/etc /host/proc/1".formatted(directory);
    assertThat(output("host", sees(Path.of("/"), true, script)))
        .contains("/run:\n", " stdout F /host/etc\n", " stdout F /host/proc/1\n")
        .doesNotContain("cri.sock", "warden", "containers", "images");
  }

  @Test
  void theReceiptShowsTheMasks() throws Exception {
    String pod = client.run(client.pod("receipt"));
    String id = client.create(pod, sees(directory, false, "sleep 60"));
    client.start(id);
    assertThat(client.verbose(id).getInfoMap().get("receipt"))
        .contains("/host/run")
        .contains("/host/state");
    client.removePod(pod);
  }

  /** Whoever can write where the source is can make it another one between the two calls. */
  @Test
  void aLinkThatWasMovedMeanwhileIsLookedAtAgain() throws Exception {
    Path harmless = Files.createDirectory(directory.resolve("harmless"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), harmless);
    String pod = client.run(client.pod("moved"));
    for (Path own : new Path[] {config.runDir(), config.root().resolve("containers")}) {
      String id = client.create(pod, sees(link, false, "ls /host"));
      Files.delete(link);
      Files.createSymbolicLink(link, own);
      assertThatThrownBy(() -> client.start(id))
          .hasMessageContaining("INVALID_ARGUMENT")
          .hasMessageContaining("host_path " + link)
          .hasMessageContaining("is a directory of this runtime");
      assertThat(client.status(id).getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
      client.remove(id);
      Files.delete(link);
      Files.createSymbolicLink(link, harmless);
    }
    client.removePod(pod);
  }

  /** A mask would be made on the host as well. */
  @Test
  void aParentIsNotSharedBothWays() throws Exception {
    String pod = client.run(client.pod("shared"));
    ContainerConfig.Builder container = sees(directory, false, "true");
    container.getMountsBuilder(0).setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL);
    assertThatThrownBy(() -> client.create(pod, container))
        .hasMessageContaining("mounts[0].host_path")
        .hasMessageContaining("cannot be hidden");
    client.removePod(pod);
  }

  @Test
  void whoIsPrivilegedSeesEverything() throws Exception {
    PodSandboxConfig.Builder config = client.pod("privileged");
    config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    String pod = client.run(config);
    ContainerConfig.Builder container = sees(directory, true, "ls /host/run; ls /host/state");
    container.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    String id = client.create(pod, container);
    client.start(id);
    assertThat(client.awaitEnd(id).getExitCode()).isZero();
    assertThat(Files.readString(directory.resolve("logs/privileged/main.log")))
        .contains("cri.sock", "images");
    client.removePod(pod);
  }

  /** As other runtimes: there is no label that would keep the container out. */
  @Test
  void withoutSelinuxARequestToRelabelChangesNothing() throws Exception {
    assumeFalse(Files.exists(Path.of("/sys/fs/selinux/enforce")), "needs a kernel without SELinux");
    Path volume = Files.createDirectory(directory.resolve("relabelled"));
    Files.writeString(volume.resolve("file"), "data");
    ContainerConfig.Builder container = sees(volume, true, "cat /host/file");
    container.getMountsBuilder(0).setSelinuxRelabel(true);
    assertThat(output("relabel", container)).contains("data");
    try (Fd held = HostPath.hold(volume.resolve("file"))) {
      assertThat(held.label()).isEmpty();
    }
  }
}
