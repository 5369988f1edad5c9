package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.ListImagesRequest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What people type for an image: a reference, a digest, or the beginning of an id. */
final class ImageWord {
  private static final Pattern PREFIX = Pattern.compile("(sha256:)?[0-9a-f]{3,64}");

  private ImageWord() {}

  /** The image of a reference, digest or whole id, as the daemon looks it up. */
  static Optional<Image> find(Daemon daemon, String word) {
    ImageStatusRequest request =
        ImageStatusRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(word)).build();
    return Optional.of(
            daemon.ask("look up image " + word, () -> daemon.images().imageStatus(request)))
        .filter(response -> response.hasImage())
        .map(response -> response.getImage());
  }

  /**
   * The id a word means.
   *
   * @throws CommandFailure if it means no image or several
   */
  static String resolve(Daemon daemon, String word) {
    if (PREFIX.matcher(word).matches()) {
      List<String> ids = idsBeginningWith(daemon, word);
      if (ids.size() > 1) {
        throw CommandFailure.of(
            "\"" + word + "\" can mean " + ids.size() + " images; give more of the id");
      }
      if (ids.size() == 1) {
        return ids.get(0);
      }
    }
    return find(daemon, word)
        .map(Image::getId)
        .orElseThrow(() -> CommandFailure.of("no image \"" + word + "\" on this node"));
  }

  private static List<String> idsBeginningWith(Daemon daemon, String word) {
    String digits = word.startsWith("sha256:") ? word.substring("sha256:".length()) : word;
    ListImagesRequest all = ListImagesRequest.getDefaultInstance();
    return daemon.ask("list images", () -> daemon.images().listImages(all)).getImagesList().stream()
        .map(Image::getId)
        .filter(id -> id.startsWith("sha256:" + digits) || id.startsWith(digits))
        .toList();
  }
}
