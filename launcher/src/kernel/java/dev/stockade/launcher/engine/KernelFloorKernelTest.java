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
import java.util.ArrayList;
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
    assertThat(refusal(directory, SETPRIV.toString(), "--bounding-set=-mknod,-sys_chroot"))
        .contains("LaunchFailure: this host lacks the capabilities SYS_CHROOT,MKNOD (run");
  }

  /** It shows no action of a filter, as one without CONFIG_SECCOMP_FILTER. */
  @Test
  void aKernelWithoutFiltersStartsNothing(@TempDir Path directory) throws Exception {
    String hide = "mount -t tmpfs none /proc/sys/kernel/seccomp && exec \"$0\" \"$@\"";
    assertThat(refusal(directory, "unshare", "--mount", "sh", "-c", hide))
        .contains("LaunchFailure: this host lacks seccomp filters (boot");
  }

  /** What an engine that is started by these words says when it ends; it has started nothing. */
  private static String refusal(Path directory, String... around) throws Exception {
    Path run = Files.createDirectory(directory.resolve("run"));
    Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
    List<String> command = new ArrayList<>(List.of(around));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            DyingEngine.class.getName(),
            run.toString(),
            Bench.warden("warden").toString(),
            directory.toString(),
            directory.toString(),
            "/none"));
    Process engine = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(engine.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(engine.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(engine.exitValue()).isNotZero();
    assertThat(run.resolve("serve.pid")).doesNotExist();
    return said;
  }
}
