package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon as a service of systemd, installed as on a node; its pods go on without it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(900)
final class ServiceTest {
  private static final SystemdUnit UNIT = InstalledService.UNIT;
  private static final Path DROP_IN = Path.of("/etc/stockade/config.toml.d/service-test.toml");

  /** What the receipt has of the security module that the guest has. */
  private static final Map<String, String> LABELS =
      Map.of("apparmor", "stockade-default-", "selinux", "system_u:system_r:container_t:s0:c");

  private static final String TICK = "while :; do echo tick; sleep 0.2; done";

  private InstalledService service;
  private CriClient client;
  private String pod;
  private String container;
  private long process;
  private long serve;

  @BeforeAll
  void install(@TempDir Path directory) throws Exception {
    InstalledService.requireSystemd();
    HostCommand.output("../packaging/systemd/install");
    UNIT.order("stop");
    service = InstalledService.start(directory);
    client = service.client();
    pod = client.run(client.pod("service"));
    container = start("main", "sh", "-c", TICK);
    process = client.pid(container);
    serve = InstalledService.warden();
  }

  /** Without pods nothing of a daemon stays that was told to end. */
  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
      UNIT.order("stop");
      assertThat(UNIT.cgroup()).doesNotExist();
      assertThat(ProcessHandle.of(serve)).isEmpty();
    }
  }

  private String start(String name, String... command) {
    return service.start(pod, client.container(name, command));
  }

  private static String cgroup(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/cgroup")).strip();
  }

  private static String oomScore(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/oom_score_adj")).strip();
  }

  private long monitor() throws IOException {
    return Long.parseLong(
        Files.readString(Path.of("/proc/" + process + "/status"))
            .lines()
            .filter(line -> line.startsWith("PPid:"))
            .findFirst()
            .orElseThrow()
            .substring("PPid:".length())
            .strip());
  }

  /** Type=notify: systemd calls it active because the daemon said so. */
  @Test
  void itIsActiveAndItsSettingsAreInForce() throws Exception {
    assertThat(
            UNIT.properties(
                "ActiveState",
                "SubState",
                "Type",
                "NotifyAccess",
                "KillMode",
                "OOMPolicy",
                "Delegate",
                "DelegateSubgroup",
                "TasksMax"))
        .containsOnly(
            entry("ActiveState", "active"),
            entry("SubState", "running"),
            entry("Type", "notify"),
            entry("NotifyAccess", "main"),
            entry("KillMode", "process"),
            entry("OOMPolicy", "continue"),
            entry("Delegate", "yes"),
            entry("DelegateSubgroup", "daemon"),
            entry("TasksMax", "infinity"));
    long main = UNIT.mainPid();
    assertThat(Files.readString(Path.of("/proc/" + main + "/comm"))).isEqualTo("java\n");
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + main + "/ns/mnt")))
        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/1/ns/mnt")));
  }

  @Test
  void everythingOfTheDaemonIsInTheServicesCgroup() throws Exception {
    String own = "0::/system.slice/stockade.service";
    assertThat(cgroup(UNIT.mainPid())).isEqualTo(own + "/daemon");
    assertThat(cgroup(serve)).isEqualTo(own + "/monitors");
    assertThat(cgroup(monitor())).isEqualTo(own + "/monitors");
    assertThat(cgroup(process)).isEqualTo(own + "/" + pod + "/" + container);
    assertThat(UNIT.cgroup().resolve("cgroup.controllers")).content().contains("memory", "pids");
  }

  @Test
  void theReceiptIsThereAndNothingIsMissing() {
    ContainerStatusResponse status = client.verbose(container);
    assertThat(status.getStatus().getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(status.getInfoOrDefault("receipt", ""))
        .contains("before-exec", "/system.slice/stockade.service/" + pod)
        .contains(LABELS.getOrDefault(System.getProperty("stockade.vm.module", ""), ""))
        .doesNotContain("MISMATCH", "DEGRADED");
  }

  /**
   * The daemon is spared by the kernel when memory is short; no container is, nor can make itself.
   */
  @Test
  void noContainerHasTheDaemonsScore() throws Exception {
    assertThat(oomScore(UNIT.mainPid())).isEqualTo("-999");
    assertThat(oomScore(monitor())).isEqualTo("-999");
    assertThat(oomScore(process)).isEqualTo("0");
    requireLeast(container, 0);
  }

  /**
   * As the kubelet asks for a Guaranteed pod. Root of a user namespace has no CAP_SYS_RESOURCE that
   * counts: who started it must have set the least it can go back to.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLowScoreIsTheLeastThatAContainerCanHave(boolean ownUsers) throws Exception {
    NamespaceOption.Builder namespaces = DeviceHooks.namespaces(ownUsers);
    String scored = client.run(client.pod("scored" + ownUsers, namespaces));
    ContainerConfig.Builder config = client.container("main", "sh", "-c", TICK);
    GuestDaemon.security(config).setNamespaceOptions(namespaces);
    config.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(-500);
    String id = client.create(scored, config);
    client.start(id);
    assertThat(oomScore(client.pid(id))).isEqualTo("-500");
    requireLeast(id, -500);
    client.removePod(scored);
  }

  private void requireLeast(String id, int least) {
    String raise = "cat /proc/self/oom_score_adj && echo 700 > /proc/self/oom_score_adj && ";
    ExecSyncResponse back =
        client.exec(
            id, 60, "sh", "-c", raise + "echo %d > /proc/self/oom_score_adj".formatted(least));
    assertThat(back.getStderr().toStringUtf8()).isEmpty();
    assertThat(back.getStdout().toStringUtf8()).isEqualTo(least + "\n");
    ExecSyncResponse beyond =
        client.exec(id, 60, "sh", "-c", "echo %d > /proc/self/oom_score_adj".formatted(least - 1));
    assertThat(beyond.getExitCode()).isNotZero();
    assertThat(beyond.getStderr().toStringUtf8()).contains("Permission denied");
  }

  /** A service under AppArmor is not confined itself; under SELinux see {@link SeLinuxHookTest}. */
  @Test
  void hooksOfDevicesRunAtEveryStage() throws Exception {
    String own = Files.readString(Path.of("/proc/" + UNIT.mainPid() + "/attr/current"));
    try (DeviceHooks hooks = new DeviceHooks()) {
      for (boolean ownUsers : new boolean[] {false, true}) {
        hooks.requireEveryStage(client, ownUsers, own.replace("\0", "").strip());
      }
    }
  }

  @Test
  void afterACrashSystemdStartsAnother() throws Exception {
    long main = UNIT.mainPid();
    ContainerStatusResponse before = client.verbose(container);
    assertThat(ProcessHandle.of(main).orElseThrow().destroyForcibly()).isTrue();
    awaitAnother(main);
    requireAdopted(before);
  }

  private static void awaitAnother(long main) throws Exception {
    for (int i = 0; i < 3000; i++) {
      if (UNIT.property("ActiveState").equals("active") && UNIT.mainPid() != main) {
        return;
      }
      Thread.sleep(200);
    }
    throw new AssertionError("systemd started no other daemon");
  }

  private void requireAdopted(ContainerStatusResponse before) throws Exception {
    service.reconnect();
    client = service.client();
    assertThat(client.verbose(container)).isEqualTo(before);
    assertThat(client.pid(container)).isEqualTo(process);
    assertThat(ProcessHandle.of(serve)).isPresent();
    ExecSyncResponse said = client.exec(container, 60, "echo", "here");
    assertThat(said.getStdout().toStringUtf8()).isEqualTo("here\n");
  }

  /**
   * The next daemon finds them as they are. One whose configuration is wrong says so once, and is
   * not started again and again.
   */
  @Test
  void whileTheServiceIsStoppedContainersRunAndEnd() throws Exception {
    String second = start("second", "sleep", "3600");
    long ending = client.pid(second);
    ContainerStatusResponse before = client.verbose(container);
    String cursor = UNIT.cursor();
    UNIT.order("stop");
    assertThat(UNIT.properties("ActiveState", "Result"))
        .containsOnly(entry("ActiveState", "inactive"), entry("Result", "success"));
    assertThat(UNIT.journal(cursor, "err")).isEmpty();
    assertThat(ProcessHandle.of(ending).orElseThrow().destroyForcibly()).isTrue();
    requireGrowth(Path.of(before.getStatus().getLogPath()));
    requireRefusedConfiguration();
    cursor = UNIT.cursor();
    UNIT.order("start");
    requireAdopted(before);
    assertThat(UNIT.journal(cursor, "err")).isEmpty();
    ContainerStatus ended = client.awaitEnd(second);
    assertThat(ended.getExitCode()).isEqualTo(137);
    assertThat(ended.getReason()).isEqualTo("Error");
  }

  private static void requireGrowth(Path log) throws Exception {
    long size = Files.size(log);
    for (int i = 0; i < 600 && Files.size(log) == size; i++) {
      Thread.sleep(100);
    }
    assertThat(Files.size(log)).isGreaterThan(size);
  }

  private static void requireRefusedConfiguration() throws Exception {
    String cursor = UNIT.cursor();
    Files.createDirectories(DROP_IN.getParent());
    try {
      Files.writeString(DROP_IN, "no_such_key = 1\n");
      assertThat(HostCommand.run("systemctl", "start", UNIT.name()).exitCode()).isNotZero();
    } finally {
      Files.delete(DROP_IN);
    }
    assertThat(UNIT.properties("ActiveState", "ExecMainStatus", "NRestarts"))
        .containsOnly(
            entry("ActiveState", "failed"), entry("ExecMainStatus", "2"), entry("NRestarts", "0"));
    assertThat(UNIT.journal(cursor, "debug").lines().toList())
        .as("the key is named")
        .anyMatch(line -> line.contains("no_such_key"));
  }
}
