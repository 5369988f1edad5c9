package dev.stockade.shim.cli;

import dev.stockade.v1.CollectRequest;
import dev.stockade.v1.CollectResponse;
import dev.stockade.v1.CollectedPart;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade images gc}. */
@Command(
    name = "gc",
    description = {
      "Deletes what no image needs any more, and says what that was. What a container, a pin of the",
      "configuration or a pull in progress uses stays. The daemon does this by itself whenever an",
      "image or a container is removed, so there is mostly nothing, unless something went wrong.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images gc --dry-run",
      "  stockade images gc --unused",
    })
final class ImagesGcCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(
      names = "--unused",
      description = "Images that no container uses, too, however recent, unless they are pinned.")
  private boolean unused;

  @Option(names = "--dry-run", description = "Only say what would be deleted.")
  private boolean dryRun;

  @Option(names = "--full-ids", description = "Do not shorten digests.")
  private boolean fullIds;

  @Option(names = "--json", description = "Print JSON, sizes in bytes.")
  private boolean asJson;

  ImagesGcCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    CollectRequest request =
        CollectRequest.newBuilder().setUnused(unused).setDryRun(dryRun).build();
    CollectResponse gone;
    try (Daemon daemon = stockade.connect()) {
      gone =
          daemon.ask(
              "collect what is not needed", () -> daemon.patientImageStore().collect(request));
    }
    Output output = stockade.output();
    if (asJson) {
      output.out().println(JsonText.of(json -> MessageJson.write(json, gone)));
      return ExitCode.OK;
    }
    if (gone.getPartsCount() > 0) {
      table(gone).print(output);
    }
    output.line((dryRun ? "would free " : "freed ") + ByteSize.of(gone.getBytes()));
    return ExitCode.OK;
  }

  private Table table(CollectResponse gone) {
    Table table = new Table("KIND", "NAME", "SIZE");
    for (CollectedPart part : gone.getPartsList()) {
      boolean image = part.getKind().equals("image");
      String name = fullIds || image ? part.getName() : ShortId.of(part.getName());
      table.row(part.getKind(), name, image ? "" : ByteSize.of(part.getBytes()));
    }
    return table;
  }
}
