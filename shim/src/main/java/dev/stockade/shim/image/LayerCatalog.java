package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The unpacked layers and who needs them. A layer's directory gets its final name when it is whole
 * and on disk, so what stands under such a name is whole. Not thread-safe: {@link StoreState} holds
 * its lock around every call.
 */
final class LayerCatalog {
  private static final int MOST_NAMES = 1_000_000;
  private static final int LARGEST_FILE = 1 << 20;

  private final Directory store;
  private final Map<Digest, UnpackedLayer> layers = new HashMap<>();
  private final Map<String, Lease> leases = new TreeMap<>();
  private final Map<Digest, Integer> pins = new HashMap<>();

  LayerCatalog(Directory store) {
    this.store = store;
  }

  /** Reads what is there; returns what could not be read. */
  List<String> load() throws IOException {
    List<String> unreadable = look();
    // The daemon before may have died between a rename and its fsync(2).
    syncNames();
    loadLeases();
    return unreadable;
  }

  /** As {@link #load}, without the leases, which are the daemon's affair. */
  List<String> look() throws IOException {
    List<String> unreadable = new ArrayList<>();
    for (String name : names(StoreLayout.LAYERS)) {
      String facts = StoreLayout.LAYERS + "/" + name + "/" + StoreLayout.FACTS;
      try {
        UnpackedLayer layer = UnpackedLayer.read(facts, store.readBounded(facts, LARGEST_FILE));
        layers.put(layer.chainId(), layer);
      } catch (IOException | ImageException e) {
        unreadable.add(facts + ": " + e.getMessage());
      }
    }
    return unreadable;
  }

  /**
   * A lease that cannot be read is one whose writing a crash cut short: no container was made for
   * it, or none survived.
   */
  private void loadLeases() throws IOException {
    for (String name : names(StoreLayout.LEASES)) {
      String file = StoreLayout.LEASES + "/" + name;
      try {
        Lease lease =
            Lease.read(StoreLayout.withoutJson(name), store.readBounded(file, LARGEST_FILE));
        leases.put(lease.containerId(), lease);
      } catch (ImageException e) {
        store.removeTree(file, StoreState.REMOVAL);
      }
    }
  }

  private List<String> names(String directory) throws IOException {
    try (Directory held = store.directory(directory)) {
      return held.list(MOST_NAMES).stream().map(Listing.Name::name).sorted().toList();
    }
  }

  Optional<UnpackedLayer> layer(Digest chainId) {
    return Optional.ofNullable(layers.get(chainId));
  }

  Collection<UnpackedLayer> all() {
    return List.copyOf(layers.values());
  }

  /** The trees of these layers that show, relative to the store. */
  List<String> contentsTopmostFirst(List<Digest> chainIds) throws ImageException {
    List<String> contents = new ArrayList<>();
    for (int i = chainIds.size() - 1; i >= 0; i--) {
      Optional<UnpackedLayer> layer = layer(chainIds.get(i));
      if (layer.isEmpty()) {
        throw ImageException.notFound("layer " + chainIds.get(i) + " is not on this node");
      }
      contents.add(StoreLayout.content(chainIds.get(i)));
      if (layer.get().hidesBelow()) {
        break;
      }
    }
    return contents;
  }

  /** Keeps layers that an import in progress needs. */
  void pin(Collection<Digest> chainIds) {
    chainIds.forEach(chain -> pins.merge(chain, 1, Integer::sum));
  }

  void unpin(Collection<Digest> chainIds) {
    chainIds.forEach(chain -> pins.computeIfPresent(chain, (c, n) -> n == 1 ? null : n - 1));
  }

  /** Gives a layer that is whole and on disk its final name, unless another import was faster. */
  void add(UnpackedLayer layer, String staged) throws IOException {
    if (layers.containsKey(layer.chainId())) {
      return;
    }
    try (Entry from = store.entry(staged);
        Entry to = store.entry(StoreLayout.layer(layer.chainId()))) {
      from.renameUnlessThere(to);
    }
    layers.put(layer.chainId(), layer);
  }

  void syncNames() throws IOException {
    try (Directory held = store.directory(StoreLayout.LAYERS)) {
      held.sync();
    }
  }

  Optional<Lease> lease(String containerId) {
    return Optional.ofNullable(leases.get(containerId));
  }

  Set<String> leaseHolders() {
    return Set.copyOf(leases.keySet());
  }

  /**
   * Keeps layers for a container. Not fsynced, because that would cost every launch a wait for the
   * disk: the record of the image keeps the layers too, and {@link #secure} comes before that goes.
   */
  void lease(Lease lease) throws IOException {
    String name = StoreLayout.lease(lease.containerId());
    try (Fd file = store.createFile(name, 0600)) {
      file.output().write(lease.toJson());
    } catch (SyscallException e) {
      if (!e.is(Errno.EEXIST)) {
        store.removeTree(name, StoreState.REMOVAL);
      }
      throw e;
    }
    leases.put(lease.containerId(), lease);
  }

  /**
   * Brings the leases of containers of an image to disk; from then on they alone keep its layers.
   */
  void secure(Digest image) throws IOException {
    for (Lease lease : leases.values()) {
      if (lease.isOf(image)) {
        store.writeAtomically(StoreLayout.lease(lease.containerId()), lease.toJson(), 0600);
      }
    }
  }

  void endLease(String containerId) throws IOException {
    if (leases.containsKey(containerId)) {
      store.removeTree(StoreLayout.lease(containerId), StoreState.REMOVAL);
      leases.remove(containerId);
    }
  }

  /**
   * Moves every layer that no image, lease or import needs to the staging directory.
   *
   * @return where they are now, for removal without the lock
   */
  List<String> sweep(Collection<Image> images, StagingNames staging) throws IOException {
    Set<Digest> needed = needed(images);
    List<String> swept = new ArrayList<>();
    for (Digest chain : List.copyOf(layers.keySet())) {
      if (!needed.contains(chain)) {
        String target = staging.next();
        try (Entry from = store.entry(StoreLayout.layer(chain));
            Entry to = store.entry(target)) {
          from.renameUnlessThere(to);
        }
        layers.remove(chain);
        swept.add(target);
      }
    }
    return swept;
  }

  private Set<Digest> needed(Collection<Image> images) {
    Set<Digest> needed = new HashSet<>(pins.keySet());
    images.forEach(image -> needed.addAll(image.chainIds()));
    leases.values().forEach(lease -> needed.addAll(lease.kept()));
    return needed;
  }

  /**
   * The layers' directories, relative to the store, that neither these images nor a lease or import
   * needs; those that cannot be read are among them.
   */
  List<String> unneeded(Collection<Image> images) throws IOException {
    Set<String> needed = new HashSet<>();
    needed(images).forEach(chain -> needed.add(StoreLayout.layer(chain)));
    return names(StoreLayout.LAYERS).stream()
        .map(name -> StoreLayout.LAYERS + "/" + name)
        .filter(directory -> !needed.contains(directory))
        .toList();
  }

  /** What is kept of the layer in a directory, if that is known. */
  Optional<Long> bytesOf(String directory) {
    return layers.values().stream()
        .filter(layer -> StoreLayout.layer(layer.chainId()).equals(directory))
        .map(UnpackedLayer::keptBytes)
        .findFirst();
  }

  /** The layer of a directory is not there any more. */
  void forget(String directory) {
    layers.keySet().removeIf(chain -> StoreLayout.layer(chain).equals(directory));
  }

  Collection<Lease> leases() {
    return List.copyOf(leases.values());
  }

  /** Whether a container was made from the image or has it mounted. */
  boolean isLeased(Digest image) {
    return leases.values().stream().anyMatch(lease -> lease.isOf(image));
  }
}
