package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.Fd;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HelperKernelTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final int LIMIT = 1 << 20;

  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  private Output shell(String script, Duration limit, int outputLimit) throws Exception {
    int before = Fd.openCount();
    Output output =
        bench
            .launcher
            .helpers()
            .run(
                List.of("/bin/sh", "-c", script),
                List.of("PATH=/bin", "KEY=value of it"),
                "from the engine\n".getBytes(StandardCharsets.UTF_8),
                limit,
                outputLimit);
    assertThat(Fd.openCount()).isEqualTo(before);
    return output;
  }

  @Test
  void inputEnvironmentOutputAndCodeArrive() throws Exception {
    Output output = shell("cat; echo $KEY; env | wc -l; echo bad >&2; exit 3", SOON, LIMIT);
    assertThat(output.standard())
        .asString(StandardCharsets.UTF_8)
        .startsWith("from the engine\nvalue of it\n");
    assertThat(output.error()).asString(StandardCharsets.UTF_8).isEqualTo("bad\n");
    assertThat(output.status().code()).isEqualTo(3);
    assertThat(output.timedOut()).isFalse();
  }

  @Test
  void nothingOfThisProcessIsInherited() throws Exception {
    Output output = shell("ls /proc/self/fd; ulimit -c; umask", SOON, LIMIT);
    assertThat(output.standard()).asString(StandardCharsets.UTF_8).startsWith("0\n1\n2\n3\n");
  }

  @Test
  void timeAndOutputAreBounded() throws Exception {
    Output slow = shell("sleep 60 & sleep 60", Duration.ofMillis(200), LIMIT);
    assertThat(slow.timedOut()).isTrue();
    assertThat(slow.status().signal()).isEqualTo(9);
    Output loud = shell("head -c 3000000 /dev/zero", SOON, 1000);
    assertThat(loud.standard()).hasSize(1000);
    assertThat(loud.truncated()).isTrue();
    assertThat(loud.status().code()).isZero();
  }

  @Test
  void whatItLeavesBehindIsKilledAndItsCgroupRemoved() throws Exception {
    String script = "setsid sleep 60 >&2 & grep ^0:: /proc/$!/cgroup | cut -d: -f3";
    long before = System.nanoTime();
    Output output = shell(script, SOON, LIMIT);
    assertThat(output.status().code()).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(SOON);
    String cgroup = new String(output.standard(), StandardCharsets.UTF_8).trim();
    assertThat(cgroup).startsWith("/" + bench.cgroups + "/helpers/");
    // The kernel removes no cgroup that a process lives in.
    assertThat(Path.of(bench.hierarchy.mountPoint() + cgroup)).doesNotExist();
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    assertThatThrownBy(
            () ->
                bench
                    .launcher
                    .helpers()
                    .run(List.of("/no/such"), List.of(), new byte[0], SOON, LIMIT))
        .isInstanceOf(LaunchFailure.class)
        .hasMessageContaining("/no/such")
        .hasMessageContaining("ENOENT");
  }
}
