package dev.stockade.shim.cli;

import dev.stockade.v1.ImportResponse;
import dev.stockade.v1.ImportedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade images import}. */
@Command(
    name = "import",
    description = {
      "Takes an image into the store: an OCI layout or a docker archive, as a directory or a tar",
      "archive, plain or compressed. \"-\" reads a tar archive from standard input.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images import busybox.tar",
      "  stockade images import /tmp/layout --ref registry.local/app:1",
      "  docker save app:1 | stockade images import -",
    })
final class ImagesImportCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(index = "0", paramLabel = "PATH|-", description = "Directory or tar archive.")
  private String source = "";

  @Option(
      names = "--ref",
      paramLabel = "REFERENCE",
      defaultValue = "",
      description = "Name for the image; default: the names the source holds.")
  private String reference = "";

  @Option(names = "--json", description = "Print JSON: the images imported.")
  private boolean asJson;

  ImagesImportCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    ImportResponse response;
    try (Daemon daemon = stockade.connect()) {
      ImageUpload upload = new ImageUpload(daemon);
      response =
          source.equals("-")
              ? upload.stream(System.in, reference)
              : upload.path(existing(source), reference);
    }
    Output output = stockade.output();
    List<ImportedImage> images = response.getImagesList();
    if (asJson) {
      output.out().println(JsonText.of(json -> MessageJson.write(json, images)));
    } else {
      table(images).print(output);
    }
    return ExitCode.OK;
  }

  private static Path existing(String source) throws IOException {
    Path path = Path.of(source);
    if (!Files.exists(path)) {
      throw CommandFailure.of("cannot import " + path + ": there is no such file or directory");
    }
    return path.toRealPath();
  }

  private static Table table(List<ImportedImage> images) {
    Table table = new Table("IMAGE", "ID", "SIZE");
    for (ImportedImage image : images) {
      List<String> references = image.getReferencesList();
      for (String name : references.isEmpty() ? List.of("") : references) {
        table.row(name, ShortId.of(image.getId()), ByteSize.of(image.getSize()));
      }
    }
    return table;
  }
}
