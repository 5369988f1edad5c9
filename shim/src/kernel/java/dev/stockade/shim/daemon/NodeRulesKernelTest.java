package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.TextFormat;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerUser;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an administrator lets requests have: users, mounts and devices other than by default. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class NodeRulesKernelTest {
  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config =
        Machine.config(
            directory,
            "[users]",
            "root = \"user-namespace\"",
            "[mounts]",
            "missing_source = \"make-directory\"",
            "beneath_sys = \"allow\"",
            "[devices]",
            "owner = \"security-context\"");
    Machine.importBusybox(directory, config);
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    pod = client.run(client.pod("pod"));
  }

  @AfterAll
  void end() throws IOException {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  /** A container of user 1000 with a change in the text form of protocol buffers. */
  private String create(String name, String change, String... command) throws Exception {
    ContainerConfig.Builder asked = client.container(name, command);
    TextFormat.merge(change.replace("@", directory.toString()), asked);
    return client.create(pod, asked);
  }

  private String output(String name) throws Exception {
    return Files.readString(directory.resolve("logs/pod").resolve(name + ".log"));
  }

  private static String security(String fields) {
    return "linux { security_context { " + fields + " } }";
  }

  @Test
  void rootIsRefusedWhoeverAsksForIt() throws Exception {
    for (String user : new String[] {"", "run_as_user { value: 0 }", "run_as_username: '0'"}) {
      assertThatThrownBy(() -> create("root", security(user), "true"))
          .as(user)
          .hasMessageContaining("run_as_user: the process would be root")
          .hasMessageContaining("users.root");
    }
  }

  /** A name that looks like a number is one. */
  @Test
  void aNumericNameIsANumber() throws Exception {
    String user = "run_as_username: '1000' supplemental_groups: [7] run_as_group { value: 50 }";
    String id = create("number", security(user), "id");
    client.start(id);
    client.awaitEnd(id);
    assertThat(output("number")).contains("uid=1000(app) gid=50(staff) groups=7,50");
    LinuxContainerUser shown = client.status(id).getUser().getLinux();
    assertThat(shown.getUid()).isEqualTo(1000);
    assertThat(shown.getGid()).isEqualTo(50);
    assertThat(shown.getSupplementalGroupsList()).containsExactly(7L, 50L);
  }

  @Test
  void aMissingSourceIsMadeAndRemovedWithARequestThatFails() throws Exception {
    String mount = "mounts { container_path: '/sys/fs/bpf' host_path: '@/made/deep/%s' }";
    String user = security("run_as_user { value: 1000 }");
    String id = create("made", mount.formatted("one") + user, "ls", "-a", "/sys/fs/bpf");
    client.start(id);
    assertThat(client.awaitEnd(id).getExitCode()).isZero();
    assertThat(directory.resolve("made/deep/one")).isDirectory();
    assertThatThrownBy(
            () ->
                create(
                    "unmade",
                    mount.formatted("two/three")
                        + user
                        + "mounts { container_path: '/m' host_path: '/sys/class'"
                        + " uidMappings { length: 9 } gidMappings { length: 9 } }",
                    "true"))
        .hasMessageContaining("on sysfs cannot be idmapped");
    assertThat(directory.resolve("made/deep/two")).doesNotExist();
  }

  @Test
  void aDeviceBelongsToTheUserWhoAsksForIt() throws Exception {
    String device =
        "devices { host_path: '/dev/zero' container_path: '/dev/mine' permissions: 'r' }";
    String user = security("run_as_user { value: 1000 } run_as_group { value: 50 }");
    String id = create("device", device + user, "stat", "-c", "%u %g", "/dev/mine", "/dev/zero");
    client.start(id);
    client.awaitEnd(id);
    assertThat(output("device")).contains("1000 50", "0 0");
  }

  @Test
  void conflictsAreToldWhereTheContainerIsShown() throws Exception {
    String asked =
        "run_as_user { value: 1000 } no_new_privs: true"
            + " capabilities { add_capabilities: 'SYS_ADMIN' }";
    String id = create("told", security(asked), "true");
    JsonNode surprises = CriClient.info(client.verbose(id).getInfoMap()).path("surprises");
    assertThat(surprises.findValuesAsText("field"))
        .contains(
            "linux.security_context.no_new_privs",
            "linux.security_context.capabilities.add_capabilities",
            "linux.security_context.seccomp");
  }
}
