package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.UserNamespace;
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

/**
 * Hooks that are programs of the container, and hooks of containers whose root is not the host's.
 */
@Timeout(120)
final class ContainerHookKernelTest {
  private static final NamespaceOption.Builder OWN_USERS =
      NamespaceOption.newBuilder()
          .setNetwork(NamespaceMode.NODE)
          .setPid(NamespaceMode.CONTAINER)
          .setUsernsOptions(
              UserNamespace.newBuilder()
                  .setMode(NamespaceMode.POD)
                  .addUids(IDMapping.newBuilder().setHostId(100_000).setLength(65_536))
                  .addGids(IDMapping.newBuilder().setHostId(100_000).setLength(65_536)));

  /** In the container: what the hook is, then what it is told to do. */
  private static final String REPORT =
      "{ cat; echo; id; pwd; env; cat /proc/self/status; grep State /proc/1/status;"
          + " readlink /proc/self/ns/user; cat /proc/self/cgroup; } > /shared/within 2>&1;"
          + " echo startContainer >> /shared/events; ";

  private static final String VENDOR =
      """
      #!/bin/sh -eu
      bundle=$(sed -n 's/.*"bundle" : "\\([^"]*\\)".*/\\1/p')
      root=$bundle/$(sed -n 's/.*"path" : "\\(rootfs\\)".*/\\1/p' "$bundle/config.json")
      mkdir -p "$root/usr/lib/vendor"
      cp /lib/*/libz.so.1 "$root/usr/lib/vendor/libz.so.1"
      ln -s libz.so.1 "$root/usr/lib/vendor/libvendor.so"
      echo /usr/lib/vendor > "$root/etc/ld.so.conf"
      ldconfig -r "$root"
      """;

  private HookScene scene;
  private Daemon daemon;
  private CriClient client;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    scene = new HookScene(directory);
    Path shared = directory.resolve("shared");
    for (Path path : List.of(shared, shared.resolve("events"))) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    daemon = Daemon.start(scene.config, Machine.warden(), "test");
    client = new CriClient(scene.config.socket(), directory.resolve("logs"));
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

  private static String within(String last, String more) {
    return HookScene.within(REPORT + last, more);
  }

  private static String within(String last) {
    return within(last, "'timeout':30");
  }

  private String create(String name) {
    return create(
        name,
        NamespaceOption.newBuilder()
            .setNetwork(NamespaceMode.NODE)
            .setPid(NamespaceMode.CONTAINER));
  }

  private String create(String name, NamespaceOption.Builder namespaces) {
    ContainerConfig.Builder container = scene.container(client, name);
    LinuxContainerSecurityContext.Builder security =
        container.getLinuxBuilder().getSecurityContextBuilder();
    security.setNamespaceOptions(namespaces);
    security.setRunAsUser(Int64Value.newBuilder().setValue(1000));
    security.setNoNewPrivs(true);
    security.getSeccompBuilder().setProfileTypeValue(0);
    return client.create(client.run(client.pod(name, namespaces)), container);
  }

  private String output(String id, String... command) {
    return client.exec(id, 30, command).getStdout().toStringUtf8();
  }

  private String seen() throws Exception {
    return Files.readString(scene.directory.resolve("shared/within"));
  }

  @Test
  void aProgramOfTheContainerIsUnderItsConstraints() throws Exception {
    scene.device(
        hook("createContainer", ""), within("echo made within > /tmp/made"), hook("poststop", ""));
    String id = create("within");
    client.start(id);
    scene.awaitProgram();
    assertThat(scene.events()).containsExactly("createContainer", "startContainer", "program");
    assertThat(seen())
        .contains("\"status\" : \"creating\"", "\"id\" : \"" + id + "\"", "uid=1000", "ONLY=this")
        .contains("NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "\n/\n")
        .contains("State:\tt (tracing stop)")
        .doesNotContain("CONTAINER=");
    assertThat(output(id, "cat", "/tmp/made")).isEqualTo("made within\n");
    assertThat(client.receipt(id).toString()).contains("before-exec");
  }

  @Test
  void oneThatFailsFailsTheStart() throws Exception {
    scene.device(within("echo no such thing, $ONLY >&2; exit 3"), hook("poststop", ""));
    String id = create("failing");
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining("the startContainer hook /bin/busybox ended with exit code 3")
        .hasMessageContaining("no such thing, this");
    assertThat(client.status(id).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(scene.events()).containsExactly("startContainer", "poststop");
    scene.assertNothingRuns(id);
  }

  @Test
  void oneThatIsNotThereFailsTheStart() throws Exception {
    scene.device("{'hookName':'startContainer','path':'/bin/none'}");
    String id = create("missing");
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining("the startContainer hook /bin/none cannot be run")
        .hasMessageContaining("ENOENT");
    scene.assertNothingRuns(id);
  }

  @Test
  void oneThatTakesTooLongIsKilled() throws Exception {
    scene.device(within("sleep 998 & sleep 999", "'timeout':" + Wait.PATIENCE));
    String id = create("slow");
    assertThatThrownBy(() -> client.start(id))
        .hasMessageContaining("took longer than " + Wait.PATIENCE + ".0 s and was killed");
    scene.assertNothingRuns(id);
  }

  @Test
  void whatOneLeavesBehindIsKilled() throws Exception {
    scene.device(within("setsid sleep 998 > /shared/left 2>&1 & exit 0"));
    String id = create("leaving");
    client.start(id);
    scene.awaitProgram();
    assertThat(output(id, "ps")).contains("sleep 1000").doesNotContain("sleep 998");
  }

  /** What a hook of the host makes is the container's; it can do what it can elsewhere. */
  @Test
  void theContainersRootOwnsWhatIsMadeForIt() throws Exception {
    String self = "cat /proc/self/status > @/self.";
    scene.device(
        hook("prestart", self + "prestart"),
        hook("createContainer", self + "createContainer; echo for the program > rootfs/etc/made"),
        within("readlink /proc/self/ns/user >> /shared/users"));
    String id = create("own-users", OWN_USERS);
    client.start(id);
    scene.awaitProgram();
    assertThat(self("prestart")).contains("Uid:\t0\t0\t0\t0\n");
    assertThat(scene.seen("createContainer"))
        .contains("user of the host", "ipc of the container", "cgroup of the container")
        .contains("\"rootfs\"");
    assertThat(self("createContainer"))
        .contains("Uid:\t100000\t100000\t100000\t100000\n", "Groups:\t \n", ofHost("CapEff"));
    assertThat(output(id, "stat", "-c", "%u %g", "/etc/made")).isEqualTo("0 0\n");
    assertThat(output(id, "cat", "/etc/made")).isEqualTo("for the program\n");
    assertThat(seen()).contains("uid=1000", "NoNewPrivs:\t1");
    assertThat(Files.readString(scene.directory.resolve("shared/users")))
        .isEqualTo(output(id, "readlink", "/proc/self/ns/user"));
  }

  private String self(String stage) throws Exception {
    return Files.readString(scene.directory.resolve("self." + stage));
  }

  private static String ofHost(String row) throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(row))
        .findFirst()
        .orElseThrow();
  }

  /** As the hooks of graphics cards do: links to libraries, and the linker's cache made anew. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneMayMakeLinksAndTheLinkersCache(boolean ownUsers) throws Exception {
    scene.program("vendor", VENDOR);
    scene.device("{'hookName':'createContainer','path':'@/vendor','env':['PATH=/bin:/sbin']}");
    String id = ownUsers ? create("vendor", OWN_USERS) : create("vendor");
    client.start(id);
    assertThat(output(id, "readlink", "/usr/lib/vendor/libvendor.so")).isEqualTo("libz.so.1\n");
    assertThat(output(id, "grep", "-c", "/usr/lib/vendor/libz.so.1", "/etc/ld.so.cache"))
        .isEqualTo("1\n");
  }

  private static String hook(String stage, String last) {
    return HookScene.hook(stage, last);
  }
}
