package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.plan.KernelFloor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that cannot launch is told why before anything is started. */
final class KernelFloorKernelTest {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  @BeforeEach
  void root() {
    Assumptions.assumeTrue(Linux.root(), "needs root: capabilities are taken away");
  }

  @Test
  void thisNodeReachesIt() throws Exception {
    assertThat(KernelFloor.missing(HostProbe.probe(Cgroup2.find()))).isEmpty();
  }

  @Test
  void aDaemonThatLacksSomethingIsToldWhatAndStartsNothing(@TempDir Path directory)
      throws Exception {
    assertThat(SETPRIV).as("Debian package util-linux").isExecutable();
    Path run = Files.createDirectory(directory.resolve("run"));
    Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
    Process engine =
        new ProcessBuilder(
                List.of(
                    SETPRIV.toString(),
                    "--bounding-set=-mknod,-sys_chroot",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    DyingEngine.class.getName(),
                    run.toString(),
                    Bench.warden("warden").toString(),
                    directory.toString(),
                    directory.toString(),
                    "/none"))
            .redirectErrorStream(true)
            .start();
    String said = new String(engine.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(engine.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(engine.exitValue()).isNotZero();
    assertThat(said)
        .contains("LaunchFailure: this host lacks the capabilities SYS_CHROOT,MKNOD (run");
    assertThat(run.resolve("serve.pid")).doesNotExist();
  }
}
