package dev.stockade.shim.cli;

import dev.stockade.cri.v1.VersionRequest;
import dev.stockade.cri.v1.VersionResponse;
import dev.stockade.launcher.plan.BuildId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade version}. */
@Command(
    name = "version",
    description = "Shows the versions of this program, the daemon, the kernel and the plan format.",
    footerHeading = "%nExamples:%n",
    footer = {"  stockade version", "  stockade version --client --json"})
final class VersionCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(names = "--client", description = "Do not ask the daemon.")
  private boolean clientOnly;

  @Option(names = "--json", description = "Print JSON.")
  private boolean asJson;

  VersionCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    VersionResponse daemon = clientOnly ? VersionResponse.getDefaultInstance() : ask();
    if (asJson) {
      stockade.output().out().println(json(daemon));
      return ExitCode.OK;
    }
    Table table = new Table("COMPONENT", "VERSION");
    table.row("client", ClientVersion.text());
    if (!clientOnly) {
      table.row("daemon", daemon.getRuntimeName() + " " + daemon.getRuntimeVersion());
      table.row("CRI", daemon.getRuntimeApiVersion());
    }
    table.row("kernel", kernel());
    table.row("warden build", BuildId.hex());
    table.print(stockade.output());
    return ExitCode.OK;
  }

  private VersionResponse ask() {
    try (Daemon daemon = stockade.connect()) {
      VersionRequest request = VersionRequest.newBuilder().setVersion("0.1.0").build();
      return daemon.ask("ask for the version", () -> daemon.runtime().version(request));
    }
  }

  private String json(VersionResponse daemon) {
    return JsonText.of(
        json -> {
          json.writeStartObject();
          json.writeStringField("client", ClientVersion.text());
          json.writeStringField("kernel", kernel());
          json.writeStringField("wardenBuild", BuildId.hex());
          if (!clientOnly) {
            json.writeObjectFieldStart("daemon");
            json.writeStringField("name", daemon.getRuntimeName());
            json.writeStringField("version", daemon.getRuntimeVersion());
            json.writeStringField("cri", daemon.getRuntimeApiVersion());
            json.writeEndObject();
          }
          json.writeEndObject();
        });
  }

  private static String kernel() {
    return System.getProperty("os.name") + " " + System.getProperty("os.version");
  }
}
