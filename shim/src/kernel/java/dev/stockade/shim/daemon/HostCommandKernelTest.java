package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A command that hangs does not hang its test. */
@Timeout(60)
final class HostCommandKernelTest {
  private static final Duration SHORT = Duration.ofSeconds(1);

  /** Of the process whose number a command has written. */
  private static void requireEnd(String output) throws Exception {
    Matcher told = Pattern.compile("(?m)^pid ([0-9]+)$").matcher(output);
    assertThat(told.find()).as(output).isTrue();
    long pid = Long.parseLong(told.group(1));
    Wait.until("the end of " + pid, () -> ProcessHandle.of(pid).isEmpty());
  }

  private static void requireKilled(String script) throws Exception {
    AssertionError killed =
        catchThrowableOfType(
            AssertionError.class, () -> HostCommand.run(SHORT, "sh", "-c", script));
    assertThat(killed).hasMessageContaining("killed after PT1S; it wrote:\npid ");
    requireEnd(String.valueOf(killed.getMessage()));
  }

  @Test
  void itIsKilledAndWhatItWroteIsTold() throws Exception {
    requireKilled("echo pid $$; exec sleep 600");
  }

  @Test
  void alsoWhereItHasClosedItsOutput() throws Exception {
    requireKilled("echo pid $$; exec sleep 600 >/dev/null 2>&1");
  }

  /** As of timeout(1), whose child is in another process group. */
  @Test
  void soIsADescendantInAGroupOfItsOwn() throws Exception {
    requireKilled("timeout 600 sh -c 'echo pid $$; exec sleep 600'; true");
  }

  /** The command has ended, and its child would keep the output open. */
  @Test
  void soIsAnOrphan() throws Exception {
    HostCommand ended = HostCommand.run("sh", "-c", "sleep 600 & echo pid $!; sleep 0.2; exit 3");
    assertThat(ended.exitCode()).isEqualTo(3);
    requireEnd(ended.output());
  }

  @Test
  void whatEndsIsWhatItWroteAndItsExitCode() throws Exception {
    HostCommand failed = HostCommand.run("sh", "-c", "echo out; echo err >&2; exit 3");
    assertThat(failed.exitCode()).isEqualTo(3);
    assertThat(failed.output()).isEqualTo("out\nerr\n");
    assertThatThrownBy(() -> HostCommand.output("sh", "-c", "echo why; exit 3"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("why");
    assertThat(HostCommand.output("cat")).as("nothing to read").isEmpty();
  }

  /** It is read to its end, though its writer is gone long before. */
  @Test
  void nothingThatItWroteIsLost() throws Exception {
    for (int i = 0; i < 100; i++) {
      assertThat(HostCommand.output("seq", "9999")).hasLineCount(9999).endsWith("\n9999\n");
    }
  }
}
