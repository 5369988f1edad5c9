package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The images by id, in memory and on disk. Not thread-safe: {@link StoreState} holds its lock
 * around every call.
 */
final class ImageCatalog {
  private static final int MOST_IMAGES = 100_000;
  private static final int LARGEST_RECORD = 1 << 20;
  private static final int LARGEST_CONFIG = 64 << 20;
  private static final int SHORTEST_PREFIX = 4;
  private static final int MOST_LAYERS = 500;

  private final Directory store;
  private final Map<Digest, Image> images = new TreeMap<>();

  ImageCatalog(Directory store) {
    this.store = store;
  }

  /** Reads what is there; returns what could not be read. */
  List<String> load(LayerCatalog layers) throws IOException {
    List<String> unreadable = new ArrayList<>();
    try (Directory held = store.directory(StoreLayout.RECORDS)) {
      for (Listing.Name name : held.list(MOST_IMAGES)) {
        if (StoreLayout.isJson(name.name())) {
          String file = StoreLayout.RECORDS + "/" + name.name();
          try {
            Image image =
                ImageRecord.read(file, store.readBounded(file, LARGEST_RECORD), this::config);
            requireLayers(image, layers);
            images.put(image.id(), image);
          } catch (IOException | ImageException e) {
            unreadable.add(file + ": " + e.getMessage());
          }
        }
      }
    }
    return unreadable;
  }

  private static void requireLayers(Image image, LayerCatalog layers) throws ImageException {
    for (Digest chain : image.chainIds()) {
      if (layers.layer(chain).isEmpty()) {
        throw ImageException.refused(
            "its layer " + chain + " is not on this node; import it again");
      }
    }
  }

  private ImageConfig config(Digest id) throws ImageException {
    return ImageConfigReader.read(id, document(id), MOST_LAYERS);
  }

  /** A config or manifest of an image, compared with its digest once more. */
  byte[] document(Digest digest) throws ImageException {
    try {
      byte[] content = store.readBounded(StoreLayout.blob(digest), LARGEST_CONFIG);
      if (!Digest.of(digest.algorithm(), content).equals(digest)) {
        throw ImageException.refused(
            "document " + digest + " is damaged on disk; import the image again");
      }
      return content;
    } catch (IOException e) {
      throw ImageException.storage("read document " + digest, e);
    }
  }

  List<Image> all() {
    return List.copyOf(images.values());
  }

  Optional<Image> byId(Digest id) {
    return Optional.ofNullable(images.get(id));
  }

  /** As CRI and its clients name images: id, {@code name[:tag][@digest]}, or the start of an id. */
  Optional<Image> find(String text) throws ImageException {
    Optional<Digest> id = Digest.tryParse(text);
    if (id.isPresent()) {
      return byId(id.get());
    }
    boolean hex = text.length() <= 64 && Digest.isHex(text, text.length());
    if (hex && text.length() == 64) {
      return byId(new Digest(Digest.Algorithm.SHA256, text));
    }
    Optional<Image> named = byReference(ImageReference.parse(text));
    return named.isPresent() || !hex ? named : byPrefix(text);
  }

  private Optional<Image> byReference(ImageReference reference) {
    for (Image image : images.values()) {
      boolean found =
          reference.digest().isPresent()
              ? image.digests().contains(reference.withDigest(reference.digest().get()))
              : image.tags().contains(reference);
      if (found) {
        return Optional.of(image);
      }
    }
    return Optional.empty();
  }

  private Optional<Image> byPrefix(String hex) throws ImageException {
    if (hex.length() < SHORTEST_PREFIX) {
      return Optional.empty();
    }
    List<Image> matches =
        images.values().stream().filter(image -> image.id().hex().startsWith(hex)).toList();
    if (matches.size() > 1) {
      throw ImageException.malformed(
          Quoted.of(hex) + " is the start of " + matches.size() + " image ids; give more digits");
    }
    return matches.stream().findFirst();
  }

  /** Adds or renews an image. Its tags leave other images first: no tag ever names two. */
  Image put(Image image) throws IOException {
    for (Image other : all()) {
      SortedSet<ImageReference> kept = new TreeSet<>(other.tags());
      if (!other.id().equals(image.id()) && kept.removeAll(image.tags())) {
        write(other.named(kept, other.digests()));
      }
    }
    Image merged = byId(image.id()).map(image::after).orElse(image);
    write(merged);
    return merged;
  }

  private void write(Image image) throws IOException {
    store.writeAtomically(StoreLayout.record(image.id()), ImageRecord.write(image), 0600);
    images.put(image.id(), image);
  }

  void remove(Digest id) throws IOException {
    store.removeTree(StoreLayout.record(id), StoreState.REMOVAL);
    try (Directory records = store.directory(StoreLayout.RECORDS)) {
      records.sync();
    }
    images.remove(id);
  }

  /** Deletes documents that belong to no image any more. */
  void sweepBlobs() throws IOException {
    for (String file : unneededBlobs(images.values())) {
      store.removeTree(file, StoreState.REMOVAL);
    }
  }

  /** The documents, relative to the store, that belong to none of these images. */
  List<String> unneededBlobs(Collection<Image> kept) throws IOException {
    Set<String> needed = new HashSet<>();
    for (Image image : kept) {
      needed.add(StoreLayout.blob(image.id()));
      image.manifest().ifPresent(digest -> needed.add(StoreLayout.blob(digest)));
    }
    try (Directory held = store.directory(StoreLayout.BLOBS)) {
      return held.list(MOST_IMAGES * 2).stream()
          .map(name -> StoreLayout.BLOBS + "/" + name.name())
          .filter(file -> !needed.contains(file))
          .sorted()
          .toList();
    }
  }

  /** Records, relative to the store, of which no image is known. */
  Set<String> unreadableRecords() throws IOException {
    Set<String> unreadable = new TreeSet<>();
    try (Directory held = store.directory(StoreLayout.RECORDS)) {
      for (Listing.Name name : held.list(MOST_IMAGES)) {
        if (StoreLayout.isJson(name.name())) {
          unreadable.add(StoreLayout.RECORDS + "/" + name.name());
        }
      }
    }
    images.keySet().forEach(id -> unreadable.remove(StoreLayout.record(id)));
    return unreadable;
  }
}
