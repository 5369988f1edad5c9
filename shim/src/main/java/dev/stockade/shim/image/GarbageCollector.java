package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Finds in the store, as it is on disk, what no image, lease or import in progress needs. Found
 * things are moved to the staging directory, from where they are deleted without any lock.
 */
final class GarbageCollector {
  private final Directory store;
  private final LayerCatalog layers;
  private final ImageCatalog images;
  private final StagingNames staging;

  GarbageCollector(
      Directory store, LayerCatalog layers, ImageCatalog images, StagingNames staging) {
    this.store = store;
    this.layers = layers;
    this.images = images;
    this.staging = staging;
  }

  /**
   * One thing found.
   *
   * @param path where it is, relative to the store
   * @param bytes if they are known
   */
  private record Find(Garbage.Kind kind, String name, String path, Optional<Long> bytes) {}

  /** What was found, and where it is now. */
  static final class Found {
    private final List<Find> finds = new ArrayList<>();

    /** Sizes of everything; of use before {@link #paths} are removed, and without the lock. */
    Garbage measure(Directory store) throws SyscallException {
      List<Garbage.Part> parts = new ArrayList<>();
      for (Find find : finds) {
        TreeUsage usage = new TreeUsage();
        if (find.bytes().isEmpty()) {
          usage.add(store, find.path());
        }
        parts.add(new Garbage.Part(find.kind(), find.name(), find.bytes().orElseGet(usage::bytes)));
      }
      return new Garbage(List.copyOf(parts));
    }

    /** What is to be removed now. */
    List<String> paths() {
      return finds.stream().map(Find::path).filter(path -> !path.isEmpty()).toList();
    }
  }

  /**
   * Looks for garbage.
   *
   * @param dispensable images that count as garbage
   * @param dryRun whether everything stays where it is
   */
  Found find(Predicate<Image> dispensable, boolean dryRun) throws IOException, ImageException {
    requireReadable();
    Found found = new Found();
    for (String left : staging.abandoned()) {
      found.finds.add(new Find(Garbage.Kind.UNFINISHED, baseName(left), left, Optional.empty()));
    }
    List<Image> kept = new ArrayList<>();
    for (Image image : images.all()) {
      if (!dispensable.test(image) || layers.isLeased(image.id())) {
        kept.add(image);
        continue;
      }
      found.finds.add(new Find(Garbage.Kind.IMAGE, name(image), "", Optional.of(0L)));
      if (!dryRun) {
        images.remove(image.id());
      }
    }
    for (String file : images.unneededBlobs(kept)) {
      Optional<Long> bytes = store.status(file).map(FileStatus::size);
      take(found, Garbage.Kind.DOCUMENT, file, bytes, dryRun);
    }
    for (String directory : layers.unneeded(kept)) {
      take(found, Garbage.Kind.LAYER, directory, layers.bytesOf(directory), dryRun);
    }
    return found;
  }

  /**
   * An image whose record cannot be read may need anything, and a daemon that is repaired may too.
   */
  private void requireReadable() throws IOException, ImageException {
    Set<String> unreadable = images.unreadableRecords();
    if (!unreadable.isEmpty()) {
      throw ImageException.refused(
          "what is not needed cannot be told while "
              + String.join(", ", unreadable)
              + " of the image store cannot be read; import the image again, or delete the file");
    }
  }

  private static String name(Image image) {
    return image.tags().stream().findFirst().map(Object::toString).orElse(image.id().toString());
  }

  private void take(
      Found found, Garbage.Kind kind, String path, Optional<Long> bytes, boolean dryRun)
      throws IOException {
    String now = path;
    if (!dryRun) {
      now = staging.next();
      // Should the rest fail, the next collection deletes it.
      staging.abandon(now);
      try (Entry from = store.entry(path);
          Entry to = store.entry(now)) {
        from.renameUnlessThere(to);
      }
      layers.forget(path);
    }
    found.finds.add(new Find(kind, digestOrName(path), now, bytes));
  }

  private static String digestOrName(String path) {
    String name = baseName(path);
    return Digest.tryParse(name.replaceFirst("-", ":")).map(Digest::toString).orElse(name);
  }

  private static String baseName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
