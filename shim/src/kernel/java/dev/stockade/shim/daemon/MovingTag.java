package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A tag of a registry that is at one image, then at the other, and is pulled each time; whatever
 * happens to the daemon, the tag is at one of the two.
 */
final class MovingTag {
  private static final String REPOSITORY = "team/moving";
  private static final String TAG = "1";

  private final DockerRegistry registry;
  private final List<Digest> manifests = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private final UnaryOperator<String> pull;
  private int moves;

  /**
   * Puts both images into the registry.
   *
   * @param files of the registry
   * @param layouts a directory to be made
   * @param pull of a name; its answer is the image's id
   */
  MovingTag(DockerRegistry registry, Path files, Path layouts, UnaryOperator<String> pull)
      throws Exception {
    this.registry = registry;
    this.pull = pull;
    try (DockerRegistry open = DockerRegistry.open(files)) {
      for (String content : List.of("one", "two")) {
        byte[] layer = new TarBuilder().file("moving", content).build();
        Path layout = LayoutBuilder.of("moving:1", layer).writeTo(layouts.resolve(content));
        manifests.add(open.push(REPOSITORY, TAG, layout));
      }
    }
  }

  private String name() {
    return registry.host() + "/" + REPOSITORY + ":" + TAG;
  }

  /** Moves it in the registry, and pulls it. */
  void move() {
    try {
      registry.move(REPOSITORY, TAG, manifests.get(++moves % 2));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ids.add(pull.apply(name()));
  }

  /** Both images are there afterwards, one with the tag. */
  void moveTwice() {
    move();
    move();
    assertThat(ids).hasSize(2);
  }

  boolean has(Image image) {
    return ids.contains(image.getId());
  }

  /** It is at one of the images, and at one alone. */
  void requireKept(CriClient client, String at) {
    ImageSpec named = ImageSpec.newBuilder().setImage(name()).build();
    Image found =
        client
            .images()
            .imageStatus(ImageStatusRequest.newBuilder().setImage(named).build())
            .getImage();
    assertThat(found.getId()).as(at).isIn(ids);
    assertThat(client.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList())
        .as(at)
        .filteredOn(image -> image.getRepoTagsList().contains(name()))
        .containsExactly(found);
  }

  void remove(CriClient client) {
    ids.forEach(client::removeImage);
  }
}
