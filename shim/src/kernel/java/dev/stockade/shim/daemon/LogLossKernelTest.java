package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log directory without room: the container ends as ever, and what its log lacks is told. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class LogLossKernelTest {
  private static final Pattern LOSS =
      Pattern.compile("(\\d+) records \\((\\d+) bytes\\) are missing in the log: no space left");

  private HostileNode node;
  private Path logs;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage());
    logs = Files.createDirectories(node.logs("full"));
    shell("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", logs.toString());
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      shell("umount", logs.toString());
      node.end();
    }
  }

  private static void shell(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void theStatusTellsWhatIsMissing() throws Exception {
    String pod = node.pod("full");
    String id =
        node.start(pod, node.container("sh", "-c", "yes 0123456789 | head -n 20000; exit 3"));
    ContainerStatus status = node.client.awaitEnd(id);
    assertThat(status.getExitCode()).isEqualTo(3);
    assertThat(status.getReason()).isEqualTo("Error");
    Matcher loss = LOSS.matcher(status.getMessage());
    assertThat(loss.matches()).as(status.getMessage()).isTrue();
    long size = Files.size(Path.of(status.getLogPath()));
    assertThat(size).isBetween(30_000L, 65_536L);
    assertThat(size + Long.parseLong(loss.group(2))).isEqualTo(20_000L * (40 + 11));
    assertThat(Long.parseLong(loss.group(1))).isBetween(18_000L, 20_000L);
    node.client.remove(id);

    Files.delete(Path.of(status.getLogPath()));
    assertThat(node.run(pod, node.container("echo", "room again")).status().getMessage()).isEmpty();
  }
}
