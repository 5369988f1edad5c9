package dev.stockade.shim.image;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A store in a temporary directory, beside which nothing may change. */
final class ScratchStore implements AutoCloseable {
  static final ImageLimits SMALL =
      new ImageLimits(
          64 << 10, 1 << 20, 1 << 20, 1000, 20, 50, 8, java.time.Duration.ofSeconds(30));

  final Path directory;
  final Path root;
  final Path source;
  final Path bystander;
  ImageStore store;

  ScratchStore(Path directory) throws IOException, ImageException {
    assumeTrue(Linux.root(), "needs root: owners, devices and trusted attributes are written");
    this.directory = directory;
    this.root = directory.resolve("store");
    this.source = Files.createDirectory(directory.resolve("source"));
    this.bystander = Files.createDirectory(directory.resolve("bystander"));
    Canary.fill(bystander);
    this.store = ImageStore.open(root, SMALL, Platform.here());
  }

  void reopen() throws ImageException {
    store.close();
    store = ImageStore.open(root, SMALL, Platform.here());
  }

  Image importOne(LayoutBuilder layout) throws IOException, ImageException {
    List<Image> images = store.importFrom(layout.writeTo(source), Optional.empty());
    if (images.size() != 1) {
      throw new AssertionError("imported " + images.size());
    }
    return images.get(0);
  }

  /** What is kept beside one layer's tree for an export. */
  Path skeleton(Image image, int layer) {
    return content(image, layer).resolveSibling(StoreLayout.SKELETON);
  }

  /** The sizes of an image's config and manifest. */
  long documents(Image image) throws IOException {
    long config = Files.size(root.resolve(StoreLayout.blob(image.id())));
    return config + Files.size(root.resolve(StoreLayout.blob(image.manifest().orElseThrow())));
  }

  Path content(Image image, int layer) {
    return root.resolve(StoreLayout.content(image.chainIds().get(layer)));
  }

  /** What is left in the parts of the store that hold content. */
  List<String> leftovers() throws IOException {
    try (Stream<Path> paths = Files.walk(root, 2)) {
      return paths
          .map(path -> root.relativize(path).toString())
          .filter(path -> path.indexOf('/') > 0)
          .sorted()
          .toList();
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
