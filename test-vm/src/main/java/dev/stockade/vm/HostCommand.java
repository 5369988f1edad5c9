package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One command of the guest that was run.
 *
 * @param output what it wrote to both streams
 */
record HostCommand(List<String> words, int exitCode, String output) {
  private static final int SECONDS = 400;

  static HostCommand run(String... words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("%s ended", (Object) words).isTrue();
    return new HostCommand(List.of(words), process.exitValue(), output);
  }

  /** What a command wrote that ended with zero. */
  static String output(String... words) throws IOException, InterruptedException {
    HostCommand command = run(words);
    assertThat(command.exitCode).as("%s:\n%s", command.words, command.output).isZero();
    return command.output;
  }
}
