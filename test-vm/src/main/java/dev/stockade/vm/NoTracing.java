package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest on which nobody may trace any more: Yama's strictest setting stays until the next boot,
 * so this is the last that is run in a guest, and not named like other tests.
 */
@Order(Integer.MAX_VALUE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class NoTracing {
  private static final Path YAMA = Path.of("/proc/sys/kernel/yama/ptrace_scope");
  private static final String OBSTACLE = "kernel.yama.ptrace_scope is 3";

  @BeforeAll
  void forbid() throws Exception {
    Files.writeString(YAMA, "3");
    assertThat(YAMA).hasContent("3");
  }

  @Test
  void programsAreVerifiedAfterTheirExecAndTheNodeSaysSo(@TempDir Path directory) throws Exception {
    try (GuestDaemon daemon = GuestDaemon.start(directory)) {
      assertThat(daemon.facts().path("tracingObstacle").asText()).isEqualTo(OBSTACLE);
      assertThat(daemon.status().getStatus().getConditionsList().toString())
          .contains("programs are verified after their exec, because " + OBSTACLE);
      String pod = daemon.client.run(daemon.client.pod("untraced"));
      String id = daemon.start(pod, daemon.shell("exec sleep 600"));
      assertThat(daemon.receipt(id).path("verification").asText()).isEqualTo("after-exec");
      assertThat(daemon.receipt(id).path("rows").size()).isGreaterThan(50);
      assertThat(daemon.client.exec(id, 60, "echo", "here").getStdout().toStringUtf8())
          .isEqualTo("here\n");
    }
  }

  @Test
  void whereItMustBeBeforeTheExecNothingStarts(@TempDir Path directory) throws Exception {
    try (GuestDaemon daemon =
        GuestDaemon.start(directory, "[verify]", "require = \"before-exec\"")) {
      String pod = daemon.client.run(daemon.client.pod("demanding"));
      StatusRuntimeException refused =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> daemon.client.create(pod, daemon.shell("true")));
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(refused)
          .hasMessageContaining("cannot be verified before the first instruction: " + OBSTACLE)
          .hasMessageContaining("verify.require = \"when-possible\"");
    }
  }
}
