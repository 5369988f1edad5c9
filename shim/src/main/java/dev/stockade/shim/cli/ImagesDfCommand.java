package dev.stockade.shim.cli;

import dev.stockade.v1.ContainerUsage;
import dev.stockade.v1.ImageUsage;
import dev.stockade.v1.UsageRequest;
import dev.stockade.v1.UsageResponse;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade images df}. */
@Command(
    name = "df",
    description = {
      "Shows what images and containers need of the disk. UNIQUE is what goes with an image, SHARED",
      "what other images have too; a container's part is what it wrote itself.",
    },
    footerHeading = "%nExamples:%n",
    footer = {"  stockade images df", "  stockade images df --json"})
final class ImagesDfCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(names = "--full-ids", description = "Do not shorten ids.")
  private boolean fullIds;

  @Option(names = "--json", description = "Print JSON, sizes in bytes.")
  private boolean asJson;

  ImagesDfCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    UsageResponse usage;
    try (Daemon daemon = stockade.connect()) {
      UsageRequest request = UsageRequest.getDefaultInstance();
      usage = daemon.ask("measure the images", () -> daemon.imageStore().usage(request));
    }
    Output output = stockade.output();
    if (asJson) {
      output.out().println(JsonText.of(json -> MessageJson.write(json, usage)));
      return ExitCode.OK;
    }
    images(usage).print(output);
    if (usage.getContainersCount() > 0) {
      output.out().println();
      containers(usage).print(output);
    }
    output.out().println();
    sums(usage).print(output);
    if (!usage.getObstacle().isEmpty()) {
      output.notice(usage.getObstacle());
    }
    return ExitCode.OK;
  }

  private Table images(UsageResponse usage) {
    Table table = new Table("IMAGE", "ID", "SIZE", "UNIQUE", "SHARED", "CONTAINERS");
    for (ImageUsage image : usage.getImagesList()) {
      table.row(
          image.getName(),
          id(image.getId()),
          ByteSize.of(image.getUnique() + image.getShared()),
          ByteSize.of(image.getUnique()),
          ByteSize.of(image.getShared()),
          String.valueOf(image.getContainers()));
    }
    return table;
  }

  private Table containers(UsageResponse usage) {
    Table table = new Table("CONTAINER", "IMAGE", "WRITTEN", "FILES");
    for (ContainerUsage container : usage.getContainersList()) {
      table.row(
          id(container.getId()),
          id(container.getImage()),
          ByteSize.of(container.getBytes()),
          String.valueOf(container.getInodes()));
    }
    return table;
  }

  private static Table sums(UsageResponse usage) {
    Table table = new Table("WHAT", "SIZE", "REMARK");
    table.row("layers", ByteSize.of(usage.getLayerBytes()), usage.getLayers() + " in all");
    table.row(
        "skeletons", ByteSize.of(usage.getSkeletonBytes()), "beside layers, for \"images export\"");
    table.row("documents", ByteSize.of(usage.getDocumentBytes()), "configs and manifests");
    table.row(
        "kept", ByteSize.of(usage.getKeptForContainers()), "for containers of removed images");
    table.row("reclaimable", ByteSize.of(usage.getReclaimable()), "by \"images gc\"");
    table.row(
        "reclaimable",
        ByteSize.of(usage.getReclaimableUnused()),
        "by \"images gc --unused\", which takes images without containers too");
    return table;
  }

  private String id(String id) {
    return fullIds ? id : ShortId.of(id);
  }
}
