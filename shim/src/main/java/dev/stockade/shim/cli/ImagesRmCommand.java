package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.RemoveImageRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code stockade images rm}. */
@Command(
    name = "rm",
    description = "Removes images under all their names.",
    footerHeading = "%nExamples:%n",
    footer = {"  stockade images rm busybox:local", "  stockade images rm 4bcff63911fcb"})
final class ImagesRmCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "Reference, digest, or beginning of an id.")
  private List<String> words = List.of();

  ImagesRmCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    try (Daemon daemon = stockade.connect()) {
      return EachWord.of(stockade.output(), words, word -> remove(daemon, word));
    }
  }

  /** CRI's removal succeeds for what is not there; a person who mistyped a name wants to know. */
  private static void remove(Daemon daemon, String word) {
    ImageSpec image = ImageSpec.newBuilder().setImage(ImageWord.resolve(daemon, word)).build();
    RemoveImageRequest request = RemoveImageRequest.newBuilder().setImage(image).build();
    daemon.ask("remove image " + word, () -> daemon.images().removeImage(request));
  }
}
