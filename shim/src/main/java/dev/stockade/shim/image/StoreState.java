package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The state of the store behind one lock. Nothing long happens under the lock: layers are unpacked
 * before and trees are removed after it is held.
 */
final class StoreState {
  /** How long the removal of one tree may take. */
  static final Duration REMOVAL = Duration.ofMinutes(5);

  /** The tree under an image without layers. */
  static final String EMPTY = "empty";

  /** Another, for an overlay of nothing: a layer cannot be there twice. */
  static final String EMPTY_TOO = "empty-too";

  private static final int MOST_NAMES = 1_000_000;

  private final Directory store;
  private final StagingNames staging = new StagingNames();
  private final LayerClaims claims = new LayerClaims();
  private final ReentrantLock lock = new ReentrantLock();
  private final LayerCatalog layers;
  private final ImageCatalog images;

  StoreState(Directory store) {
    this.store = store;
    this.layers = new LayerCatalog(store);
    this.images = new ImageCatalog(store);
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException, ImageException;
  }

  private <T> T locked(String what, Work<T> work) throws ImageException {
    lock.lock();
    try {
      return work.run();
    } catch (IOException e) {
      throw ImageException.storage(what, e);
    } finally {
      lock.unlock();
    }
  }

  Directory store() {
    return store;
  }

  LayerClaims claims() {
    return claims;
  }

  /**
   * Makes what is missing, cleans up after a crash and reads the rest; returns what could not be
   * read.
   */
  List<String> load() throws ImageException {
    return locked(
        "open image store " + store,
        () -> {
          if (!store.fd().tryLock()) {
            throw ImageException.refused("image store " + store + " is in use by another process");
          }
          for (String part : StoreLayout.PARTS) {
            store.makeDirectories(part, 0700);
          }
          store.makeDirectories(EMPTY, 0755);
          store.makeDirectories(EMPTY_TOO, 0755);
          emptyStaging();
          LayerProbe.check(store, staging.next());
          List<String> problems = new ArrayList<>(layers.load());
          problems.addAll(images.load(layers));
          if (problems.isEmpty()) {
            removeTrees(takeUnneeded());
          }
          return problems;
        });
  }

  /** Reads the images and changes nothing; returns what could not be read. */
  List<String> look() throws ImageException {
    return locked(
        "look into image store " + store,
        () -> {
          List<String> problems = new ArrayList<>(layers.look());
          problems.addAll(images.look(layers));
          return problems;
        });
  }

  private void emptyStaging() throws IOException {
    try (Directory held = store.directory(StoreLayout.STAGING)) {
      for (Listing.Name left : held.list(MOST_NAMES)) {
        held.removeTree(left.name(), REMOVAL);
      }
    }
  }

  List<Image> list() {
    lock.lock();
    try {
      return images.all();
    } finally {
      lock.unlock();
    }
  }

  Optional<Image> find(String text) throws ImageException {
    return locked("find an image", () -> images.find(text));
  }

  byte[] document(Digest digest) throws ImageException {
    return locked("read document " + digest, () -> images.document(digest));
  }

  Optional<UnpackedLayer> layer(Digest chainId) throws ImageException {
    return locked("find a layer", () -> layers.layer(chainId));
  }

  boolean removeImage(String text) throws ImageException {
    List<String> swept = new ArrayList<>();
    boolean removed =
        locked(
            "remove image " + Quoted.of(text),
            () -> {
              Optional<Image> image = images.find(text);
              if (image.isPresent()) {
                layers.secure(image.get().id());
                images.remove(image.get().id());
                swept.addAll(takeUnneeded());
              }
              return image.isPresent();
            });
    removeTrees(swept);
    return removed;
  }

  /** A fresh directory for work in progress. */
  String newStaging() throws ImageException {
    String name = staging.next();
    try {
      store.makeDirectories(name, 0700);
      return name;
    } catch (IOException e) {
      throw ImageException.storage("make " + store + "/" + name, e);
    }
  }

  /** Keeps layers, those there and those to come, until {@link #unpin}. */
  void pin(Collection<Digest> chainIds) {
    lock.lock();
    try {
      layers.pin(chainIds);
    } finally {
      lock.unlock();
    }
  }

  void unpin(Collection<Digest> chainIds) {
    lock.lock();
    try {
      layers.unpin(chainIds);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives layers their names.
   *
   * @param staged where they are, whole and on disk
   */
  void addLayers(Map<UnpackedLayer, String> staged) throws ImageException {
    locked(
        "name layers",
        () -> {
          for (Map.Entry<UnpackedLayer, String> layer : staged.entrySet()) {
            layers.add(layer.getKey(), layer.getValue());
          }
          layers.syncNames();
          return staged;
        });
  }

  /** Deletes layers and documents that nothing needs, such as those of a pull that failed. */
  void sweep() throws ImageException {
    removeTrees(locked("delete what is not needed", this::takeUnneeded));
  }

  /**
   * Takes what nothing needs from where it is known; nothing while a record cannot be read, because
   * its image may need anything.
   *
   * @return trees to be removed without the lock
   */
  private List<String> takeUnneeded() throws IOException {
    if (!images.unreadableRecords().isEmpty()) {
      return List.of();
    }
    images.sweepBlobs();
    return layers.sweep(images.all(), staging);
  }

  /** Makes an image known whose layers are: documents get their names, then the record. */
  Image commit(Image image, Map<Digest, byte[]> documents) throws ImageException {
    return locked(
        "record image " + image.id(),
        () -> {
          for (Map.Entry<Digest, byte[]> document : documents.entrySet()) {
            store.writeAtomically(StoreLayout.blob(document.getKey()), document.getValue(), 0600);
          }
          return images.put(image);
        });
  }

  /**
   * Keeps the layers of an image, and of others that are mounted into the container.
   *
   * @param volumes images of this node
   */
  void addLease(String containerId, Digest image, Set<Digest> volumes) throws ImageException {
    locked(
        "record that " + containerId + " uses " + image,
        () -> {
          List<Digest> chains = chainsOf(image);
          Map<Digest, List<Digest>> mounted = new TreeMap<>();
          for (Digest volume : volumes) {
            mounted.put(volume, chainsOf(volume));
          }
          if (layers.lease(containerId).isPresent()) {
            throw ImageException.refused(
                "container " + containerId + " has a root file system already");
          }
          layers.lease(new Lease(containerId, image, chains, mounted));
          return image;
        });
  }

  private List<Digest> chainsOf(Digest image) throws ImageException {
    return images
        .byId(image)
        .orElseThrow(() -> ImageException.notFound("no image " + image + " on this node"))
        .chainIds();
  }

  Set<String> leaseHolders() {
    lock.lock();
    try {
      return layers.leaseHolders();
    } finally {
      lock.unlock();
    }
  }

  void endLease(String containerId) throws ImageException {
    removeTrees(
        locked(
            "end the lease of " + containerId,
            () -> {
              layers.endLease(containerId);
              return takeUnneeded();
            }));
  }

  /** The trees a container shows, topmost first, relative to the store. */
  List<String> contentsOf(String containerId) throws ImageException {
    return locked(
        "find the layers of " + containerId,
        () -> {
          Optional<Lease> lease = layers.lease(containerId);
          if (lease.isEmpty()) {
            throw ImageException.notFound("container " + containerId + " has no root file system");
          }
          List<String> contents = layers.contentsTopmostFirst(lease.get().chainIds());
          return contents.isEmpty() ? List.of(EMPTY) : contents;
        });
  }

  /** As {@link #contentsOf}, of an image. */
  List<String> contentsOf(Image image) throws ImageException {
    return locked(
        "find the layers of " + image.id(),
        () -> {
          List<String> contents = layers.contentsTopmostFirst(image.chainIds());
          return contents.isEmpty() ? List.of(EMPTY) : contents;
        });
  }

  /** Who needs how much. */
  StoreUsage usage() {
    lock.lock();
    try {
      return StoreUsage.of(images.all(), layers.all(), layers.leases());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Deletes what nothing needs, or only looks for it. One at a time.
   *
   * @param dispensable images that go too, unless a container uses them
   */
  synchronized Garbage collect(Predicate<Image> dispensable, boolean dryRun) throws ImageException {
    GarbageCollector collector = new GarbageCollector(store, layers, images, staging);
    GarbageCollector.Found found =
        locked("look for what is not needed", () -> collector.find(dispensable, dryRun));
    Garbage garbage;
    try {
      garbage = found.measure(store);
    } catch (SyscallException e) {
      throw ImageException.storage("measure what is not needed", e);
    }
    if (!dryRun) {
      removeTrees(found.paths());
    }
    return garbage;
  }

  /**
   * Trees in staging are nobody's; one that cannot be removed now is removed by the next collection
   * or when the store opens. All are tried.
   */
  void removeTrees(List<String> trees) throws ImageException {
    Optional<ImageException> failure = Optional.empty();
    for (String tree : trees) {
      try {
        store.removeTree(tree, REMOVAL);
        staging.gone(tree);
      } catch (IOException e) {
        staging.abandon(tree);
        failure = Optional.of(ImageException.storage("delete " + store + "/" + tree, e));
      }
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }
}
