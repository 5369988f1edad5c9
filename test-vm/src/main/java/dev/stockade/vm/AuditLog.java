package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What auditd(8) of this guest writes down from some moment on. */
final class AuditLog {
  private static final Path FILE = Path.of("/var/log/audit/audit.log");
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final int start;

  private AuditLog(int start) {
    this.start = start;
  }

  static AuditLog fromNow() throws IOException {
    return new AuditLog((int) Files.size(FILE));
  }

  /** Waits for a line that has all these parts. */
  String await(String... parts) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      List<String> found =
          lines().filter(line -> Stream.of(parts).allMatch(line::contains)).toList();
      if (!found.isEmpty()) {
        return found.get(0);
      }
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "no line of the audit log has " + List.of(parts) + ", but " + lines().toList());
      }
      Thread.sleep(50);
    }
  }

  /**
   * Nothing that has happened up to now has left a line for this expression.
   *
   * @param expression of something in the line
   */
  void requireNo(String expression) throws IOException, InterruptedException {
    String mark = "up to now " + System.nanoTime();
    HostCommand.output("auditctl", "-m", mark); // goes the same way, behind all that is still on it
    String unused = await(mark);
    assertThat(lines()).noneMatch(Pattern.compile(expression).asPredicate());
  }

  private Stream<String> lines() throws IOException {
    byte[] all = Files.readAllBytes(FILE);
    byte[] since = Arrays.copyOfRange(all, Math.min(start, all.length), all.length);
    return new String(since, StandardCharsets.UTF_8).lines();
  }
}
