package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ListImagesRequest;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade images ls}. */
@Command(
    name = "ls",
    description = "Lists images.",
    footerHeading = "%nExamples:%n",
    footer = {"  stockade images ls", "  stockade images ls --json"})
final class ImagesLsCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print the ids only.")
  private boolean quiet;

  @Option(names = "--full-ids", description = "Do not shorten ids.")
  private boolean fullIds;

  @Option(names = "--json", description = "Print JSON: the messages of CRI's list.")
  private boolean asJson;

  ImagesLsCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    List<Image> images = ask();
    Output output = stockade.output();
    if (asJson) {
      output.out().println(JsonText.of(json -> MessageJson.write(json, images)));
    } else if (quiet) {
      images.forEach(image -> output.line(id(image)));
    } else {
      table(images).print(output);
    }
    return ExitCode.OK;
  }

  private List<Image> ask() {
    try (Daemon daemon = stockade.connect()) {
      ListImagesRequest request = ListImagesRequest.getDefaultInstance();
      return daemon
          .ask("list images", () -> daemon.images().listImages(request))
          .getImagesList()
          .stream()
          .sorted(Comparator.comparing(ImagesLsCommand::name).thenComparing(Image::getId))
          .toList();
    }
  }

  /** One row for each reference. */
  private Table table(List<Image> images) {
    Table table = new Table("IMAGE", "ID", "SIZE");
    for (Image image : images) {
      List<String> tags = image.getRepoTagsList();
      for (String tag : tags.isEmpty() ? List.of(name(image)) : tags) {
        table.row(tag, id(image), ByteSize.of(image.getSize()));
      }
    }
    return table;
  }

  private static String name(Image image) {
    if (image.getRepoTagsCount() > 0) {
      return image.getRepoTags(0);
    }
    return image.getRepoDigestsCount() > 0 ? image.getRepoDigests(0) : "";
  }

  private String id(Image image) {
    return fullIds ? image.getId() : ShortId.of(image.getId());
  }
}
