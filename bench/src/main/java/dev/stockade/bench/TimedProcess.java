package dev.stockade.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.List;

/**
 * A program that launches once for each line it is sent and answers with the microseconds by its
 * own clock, so that this JVM's time is not in the figure.
 */
final class TimedProcess implements Contender, AutoCloseable {
  private final String name;
  private final Process process;
  private final Writer orders;
  private final BufferedReader answers;

  TimedProcess(String name, List<String> command) throws IOException {
    this.name = name;
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    orders = process.outputWriter();
    answers = process.inputReader();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long launch() throws IOException {
    orders.write("\n");
    orders.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException(name + " ended; what it said is above");
    }
    return Long.parseLong(answer);
  }

  @Override
  public void close() throws IOException {
    orders.close();
    process.onExit().join();
  }
}
