package dev.stockade.shim.image;

import static java.util.Objects.requireNonNull;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.launcher.linux.Replacement;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

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

  /** Of the record written last. */
  private long serial;

  ImageCatalog(Directory store) {
    this.store = store;
  }

  /** Reads what is there and mends what a crash left; returns what could not be read. */
  List<String> load(LayerCatalog layers) throws IOException {
    Set<Digest> disputed = new TreeSet<>();
    List<String> unreadable = read(layers, disputed);
    try {
      for (String left : records(name -> !StoreLayout.isJson(name))) {
        store.removeTree(left, StoreState.REMOVAL);
      }
      for (Digest id : disputed) {
        write(List.of(requireNonNull(images.get(id))));
      }
    } catch (IOException e) {
      // The next start tries again: without it too the newest record counts.
      if (!NoRoom.isWhy(e)) {
        throw e;
      }
    }
    return unreadable;
  }

  /** Reads what is there and changes nothing; returns what could not be read. */
  List<String> look(LayerCatalog layers) throws IOException {
    return read(layers, new TreeSet<>());
  }

  /**
   * As {@link #look}. Of two records that claim a tag, as after a crash, the one written last has
   * it.
   *
   * @param disputed takes the images that have more tags on disk than they have
   */
  private List<String> read(LayerCatalog layers, Set<Digest> disputed) throws IOException {
    List<String> unreadable = new ArrayList<>();
    List<ImageRecord> records = new ArrayList<>();
    for (String file : records(StoreLayout::isJson)) {
      try {
        byte[] content = store.readBounded(file, LARGEST_RECORD);
        ImageRecord record = ImageRecord.read(file, content, this::config);
        requireLayers(record.image(), layers);
        records.add(record);
      } catch (IOException | ImageException e) {
        unreadable.add(file + ": " + e.getMessage());
      }
    }
    records.sort(Comparator.comparingLong(ImageRecord::serial));
    Map<ImageReference, Digest> holders = new HashMap<>();
    for (ImageRecord record : records) {
      record.image().tags().forEach(tag -> holders.put(tag, record.image().id()));
      serial = Math.max(serial, record.serial());
    }
    for (ImageRecord record : records) {
      Image image = record.image();
      SortedSet<ImageReference> held = new TreeSet<>(image.tags());
      if (held.removeIf(tag -> !image.id().equals(holders.get(tag)))) {
        disputed.add(image.id());
      }
      images.put(image.id(), image.named(held, image.digests()));
    }
    return unreadable;
  }

  /** Files with records, or with what is to become one, relative to the store. */
  private Set<String> records(Predicate<String> wanted) throws IOException {
    try (Directory held = store.directory(StoreLayout.RECORDS)) {
      return held.list(MOST_IMAGES).stream()
          .map(Listing.Name::name)
          .filter(wanted)
          .map(name -> StoreLayout.RECORDS + "/" + name)
          .collect(Collectors.toCollection(TreeSet::new));
    }
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

  /** Adds or renews an image. Its tags leave other images: no tag ever names two. */
  Image put(Image image) throws IOException, ImageException {
    Image merged = byId(image.id()).map(image::after).orElse(image);
    requireReadable(merged);
    List<Image> changed = new ArrayList<>(List.of(merged));
    for (Image other : images.values()) {
      SortedSet<ImageReference> kept = new TreeSet<>(other.tags());
      if (!other.id().equals(image.id()) && kept.removeAll(image.tags())) {
        changed.add(other.named(kept, other.digests()));
      }
    }
    write(changed);
    return merged;
  }

  /** Of a record that the next start refused to read, nothing could be collected any more. */
  private static void requireReadable(Image image) throws ImageException {
    byte[] record = new ImageRecord(Long.MAX_VALUE, image).write();
    try {
      if (record.length > LARGEST_RECORD) {
        throw ImageException.refused("it has more than " + LARGEST_RECORD + " bytes");
      }
      var unused = ImageRecord.read("record", record, id -> image.config());
    } catch (ImageException e) {
      throw ImageException.refused(
          "the record of image "
              + image.id()
              + " with "
              + image.tags().size()
              + " tags and "
              + image.digests().size()
              + " digests could not be read again: "
              + e.getMessage()
              + "; delete the image with all its names (stockade images rm "
              + image.id()
              + ") and bring it again");
    }
  }

  /**
   * Writes records. There has to be room for all before the first one counts, and from then on all
   * do: what the others still say on disk is older.
   */
  private void write(List<Image> changed) throws IOException {
    List<Replacement> records = new ArrayList<>();
    try {
      for (Image image : changed) {
        byte[] record = new ImageRecord(++serial, image).write();
        records.add(store.replacement(StoreLayout.record(image.id()), record, 0600));
      }
      for (Replacement record : records) {
        record.publish();
        changed.forEach(image -> images.put(image.id(), image));
      }
    } finally {
      records.forEach(Replacement::close);
    }
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
    Set<String> unreadable = records(StoreLayout::isJson);
    images.keySet().forEach(id -> unreadable.remove(StoreLayout.record(id)));
    return unreadable;
  }
}
