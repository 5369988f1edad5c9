package dev.stockade.shim.cli;

import dev.stockade.shim.cli.log.LogPrinter;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade logs}. */
@Command(
    name = "logs",
    description = {
      "Prints what a container wrote, standard error to standard error.",
      "The log is read on this machine, with what was rotated away before.",
    },
    footerHeading = "%nExamples:%n",
    footer = {"  stockade logs web", "  stockade logs --follow --tail 20 --timestamps web/app"})
final class LogsCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(index = "0", paramLabel = "CONTAINER", description = "Name, pod/name, pod, or id.")
  private String word = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the container ends.")
  private boolean follow;

  @Option(
      names = "--tail",
      paramLabel = "LINES",
      defaultValue = "-1",
      description = "Print the last lines only.")
  private long tail;

  @Option(
      names = {"-t", "--timestamps"},
      description = "Print the time before each line.")
  private boolean timestamps;

  LogsCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    if (tail < -1) {
      throw CommandFailure.usage("--tail " + tail + " is negative");
    }
    Output output = stockade.output();
    LogPrinter printer = new LogPrinter(output.out(), output.err(), "", timestamps);
    try (Daemon daemon = stockade.connect()) {
      String id = Target.container(Inventory.of(daemon), word).getId();
      ContainerView view = new ContainerView(daemon, id);
      try (ContainerOutput log = new ContainerOutput(view, view.logPath(), printer)) {
        print(log);
      }
    }
    return ExitCode.OK;
  }

  private void print(ContainerOutput log) throws IOException {
    try {
      log.printPast(tail);
    } catch (NoSuchFileException e) {
      if (!follow) {
        throw CommandFailure.of("no log at " + e.getMessage() + "; was the container started?", e);
      }
    }
    Pause pause = new Pause();
    while (follow && !log.hasEnded()) {
      pause.after(log.step());
    }
    if (log.damaged() > 0) {
      stockade.output().notice(log.damaged() + " damaged records left out");
    }
  }
}
