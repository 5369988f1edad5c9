package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One command of the node that was run.
 *
 * @param output what it wrote to both streams
 */
public record HostCommand(List<String> words, int exitCode, String output) {
  private static final Duration LIMIT = Duration.ofSeconds(400);
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  public static HostCommand run(String... words) throws IOException, InterruptedException {
    return run(LIMIT, words);
  }

  /** What a command wrote that ended with zero. */
  public static String output(String... words) throws IOException, InterruptedException {
    HostCommand command = run(words);
    assertThat(command.exitCode).as("%s:\n%s", command.words, command.output).isZero();
    return command.output;
  }

  /**
   * A command that has not ended within the limit is killed, and fails. What it started ends with
   * it in either case: an orphan would keep the output open.
   */
  static HostCommand run(Duration limit, String... words) throws IOException, InterruptedException {
    // A session of its own is a process group of its own: who has lost its parent is still in it.
    List<String> session = Stream.concat(Stream.of("setsid"), Stream.of(words)).toList();
    Process process = new ProcessBuilder(session).redirectErrorStream(true).start();
    process.getOutputStream().close();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    Thread reader = new Thread(() -> copy(process.getInputStream(), output), "output of a command");
    reader.setDaemon(true);
    reader.start();
    boolean ended = false;
    try {
      ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      kill(process);
    }
    reader.join(LAST_WORDS.toMillis());
    String text = output.toString(StandardCharsets.UTF_8);
    assertThat(ended)
        .as("the end of %s, which was killed after %s; it wrote:\n%s", List.of(words), limit, text)
        .isTrue();
    return new HostCommand(List.of(words), process.exitValue(), text);
  }

  private static void copy(InputStream from, ByteArrayOutputStream to) {
    try {
      from.transferTo(to);
    } catch (IOException e) {
      to.writeBytes(("\n" + e).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Those of its process group, and descendants that have made groups of their own. */
  private static void kill(Process process) throws IOException, InterruptedException {
    List<ProcessHandle> descendants = process.descendants().toList();
    new ProcessBuilder("kill", "-KILL", "--", "-" + process.pid()).start().waitFor();
    descendants.forEach(ProcessHandle::destroyForcibly);
    // Process.destroyForcibly() would close the output, of which not all may have been read.
    process.toHandle().destroyForcibly();
  }
}
