package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ExecSyncResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade exec}. */
@Command(
    name = "exec",
    description = {
      "Runs a command in a running container under the container's constraints.",
      "Its output is printed when it has ended; it gets no input.",
    },
    exitCodeOnInvalidInput = ExitCode.NOT_THE_WORKLOAD,
    exitCodeOnExecutionException = ExitCode.NOT_THE_WORKLOAD,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0..255:the command's own; 128+n if signal n ended it",
      "125:Stockade failed, not the command: refused, wrong usage, daemon unreachable",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade exec web -- cat /etc/hostname",
      "  stockade exec --timeout 5 3f9a1c -- ps"
    })
final class ExecCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(index = "0", paramLabel = "CONTAINER", description = "Name, pod/name, pod, or id.")
  private String word = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "What to run.")
  private List<String> command = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "Time after which the command is killed; 0, the default, for none.")
  private long timeout;

  @Option(names = "--json", description = "Print JSON: exit code and output.")
  private boolean asJson;

  ExecCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    if (timeout < 0) {
      throw CommandFailure.usage("--timeout " + timeout + " is negative");
    }
    ExecSyncResponse response = ask();
    print(response);
    return response.getExitCode();
  }

  private ExecSyncResponse ask() {
    try (Daemon daemon = stockade.connect()) {
      String id = Target.container(Inventory.of(daemon), word).getId();
      ExecSyncRequest request =
          ExecSyncRequest.newBuilder()
              .setContainerId(id)
              .addAllCmd(command)
              .setTimeout(timeout)
              .build();
      return daemon.ask(
          "run a command in container " + id, () -> daemon.patientRuntime().execSync(request));
    }
  }

  private void print(ExecSyncResponse response) throws IOException {
    Output output = stockade.output();
    if (!asJson) {
      response.getStdout().writeTo(output.out());
      response.getStderr().writeTo(output.err());
      return;
    }
    String text =
        JsonText.of(
            json -> {
              json.writeStartObject();
              json.writeNumberField("exitCode", response.getExitCode());
              json.writeStringField("stdout", response.getStdout().toStringUtf8());
              json.writeStringField("stderr", response.getStderr().toStringUtf8());
              json.writeEndObject();
            });
    output.out().println(text);
  }
}
