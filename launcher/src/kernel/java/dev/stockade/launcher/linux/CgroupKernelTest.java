package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CgroupKernelTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration AT_ONCE = Duration.ofMillis(50);

  private Cgroup2 hierarchy;
  private String path;
  private int before;

  @BeforeEach
  void hierarchy() throws Exception {
    hierarchy = Root.cgroup2();
    path = "stockade-test-" + Linux.pid() + "/inner";
    before = Fd.openCount();
  }

  @AfterEach
  void nothingStays() throws Exception {
    if (hierarchy != null) {
      Cgroup.destroy(hierarchy, "stockade-test-" + Linux.pid(), SOON);
      assertThat(hierarchy.mountPoint().resolve("stockade-test-" + Linux.pid())).doesNotExist();
      assertThat(Fd.openCount()).isEqualTo(before);
    }
  }

  private static int sleeperIn(Cgroup cgroup) throws Exception {
    int pid = Spawn.start(Path.of("/bin/sleep"), List.of("sleep", "60"), List.of());
    cgroup.write("cgroup.procs", Integer.toString(pid));
    return pid;
  }

  @Test
  void killsAndRemovesWithEverythingBelow() throws Exception {
    try (Cgroup cgroup = hierarchy.create(path, Set.of());
        Cgroup nested = hierarchy.create(path + "/a/b", Set.of())) {
      assertThat(cgroup.populated()).isFalse();
      int pid = sleeperIn(nested);
      assertThat(cgroup.populated()).isTrue();
      assertThat(cgroup.awaitEmpty(AT_ONCE)).isFalse();
      assertThat(nested.processes()).containsExactly(pid);
      assertThatThrownBy(() -> hierarchy.create(path, Set.of())).hasMessageContaining("EEXIST");
      try (ProcDirectory proc = ProcDirectory.open(pid)) {
        assertThat(Cgroup2.pathOf(proc.read("cgroup", 65536))).endsWith("/" + path + "/a/b");
      }
      nested.freeze(true);
      assertThat(nested.read("cgroup.freeze")).isEqualTo("1\n");
      Thread reaper = new Thread(() -> reap(pid));
      reaper.start();
      Cgroup.destroy(hierarchy, path, SOON);
      reaper.join();
      assertThat(hierarchy.mountPoint().resolve(path)).doesNotExist();
      Cgroup.destroy(hierarchy, path, SOON);
    }
  }

  @Test
  void oneThatWasRemovedHasNothingToKill() throws Exception {
    try (Cgroup cgroup = hierarchy.create(path, Set.of())) {
      Cgroup.destroy(hierarchy, path, SOON);
      cgroup.kill();
      assertThat(cgroup.awaitEmpty(AT_ONCE)).isTrue();
    }
    assertThat(hierarchy.mountPoint().resolve(path)).doesNotExist();
  }

  private static void reap(int pid) {
    try {
      assertThat(new WaitStatus(Spawn.await(pid)).signal()).isEqualTo(9);
    } catch (SyscallException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aControllerThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> hierarchy.create(path, Set.of("no-such")))
        .hasMessageContaining("no-such")
        .hasMessageContaining("ENODEV");
  }

  @Test
  void aDeviceProgramDecidesOpens() throws Exception {
    List<DeviceRule> rules =
        List.of(
            rule(true, 1, Optional.of(3), true, true, true),
            rule(true, 1, Optional.of(5), true, false, false),
            rule(false, 1, Optional.of(3), false, true, false));
    try (Cgroup cgroup = hierarchy.create(path, Set.of());
        DeviceProgram program = DeviceProgram.load(rules)) {
      program.attach(cgroup.fd(), path);
      assertThat(cgroup.devicePrograms()).containsExactly(program.id());
      String script =
          "echo $$ > "
              + hierarchy.mountPoint().resolve(path)
              + "/cgroup.procs;"
              + " : < /dev/null && echo null-read;"
              + " (: > /dev/null) && echo null-write;"
              + " : < /dev/zero && echo zero-read;"
              + " (: > /dev/zero) && echo zero-write;"
              + " (: < /dev/full) && echo full-read;"
              + " true";
      assertThat(shell(script)).isEqualTo("null-read\nzero-read\n");
    }
  }

  /**
   * As a container's rules begin: deny everything, which no later code of the program may follow.
   */
  @Test
  void aRuleForEverythingEndsTheProgram() throws Exception {
    DeviceRule nothing =
        new DeviceRule(
            false, Optional.empty(), Optional.empty(), Optional.empty(), true, true, true);
    DeviceRule overridden = rule(true, 1, Optional.of(3), true, true, true);
    for (List<DeviceRule> rules :
        List.of(
            List.of(nothing),
            List.of(overridden, nothing),
            List.of(nothing, overridden),
            List.<DeviceRule>of())) {
      try (DeviceProgram program = DeviceProgram.load(rules)) {
        assertThat(program.id()).isPositive();
      }
    }
  }

  private static DeviceRule rule(
      boolean allow, int major, Optional<Integer> minor, boolean r, boolean w, boolean m) {
    return new DeviceRule(
        allow, Optional.of(FileKind.CHARACTER_DEVICE), Optional.of(major), minor, r, w, m);
  }

  private static String shell(String script) throws Exception {
    Process process = new ProcessBuilder("/bin/sh", "-c", script).start();
    String text =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return text;
  }
}
