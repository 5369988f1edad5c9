package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.journal.Field;
import dev.stockade.shim.journal.Journal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The images on this node and the directories containers run on. Everything is in one directory of
 * mode 0700; a crash at any moment leaves either the old state or the new one. Thread-safe.
 */
public final class ImageStore implements AutoCloseable {
  private static final Journal JOURNAL = Journal.of(ImageStore.class);
  static final String UPPER = "upper";
  private static final String WORK = "work";

  private final Path root;
  private final StoreState state;
  private final ImageLimits limits;
  private final Platform platform;
  private final Admission admission;
  private final List<String> problems;

  private ImageStore(
      Path root,
      StoreState state,
      ImageLimits limits,
      Platform platform,
      Admission admission,
      List<String> problems) {
    this.root = root;
    this.state = state;
    this.limits = limits;
    this.platform = platform;
    this.admission = admission;
    this.problems = List.copyOf(problems);
    for (String problem : problems) {
      JOURNAL.warning(
          "part of the image store cannot be read; import the image again",
          Field.of("file", problem));
    }
  }

  /**
   * Opens the store, makes it if it is not there, and cleans up what a crash left. One process at a
   * time.
   *
   * @param root an absolute path without symbolic links; overlay layers have their paths below it
   * @param admission decides on images that come and that are used
   */
  public static ImageStore open(
      Path root, ImageLimits limits, Platform platform, Admission admission) throws ImageException {
    Directory directory;
    try {
      directory = Directory.openPrivate(root);
    } catch (IOException e) {
      throw ImageException.storage("open image store " + root, e);
    }
    try {
      StoreState state = new StoreState(directory);
      return new ImageStore(root, state, limits, platform, admission, state.load());
    } catch (ImageException e) {
      directory.close();
      throw e;
    }
  }

  /** As the other one, for images of whoever made them. */
  public static ImageStore open(Path root, ImageLimits limits, Platform platform)
      throws ImageException {
    return open(root, limits, platform, Admission.OF_EVERYTHING);
  }

  /**
   * Looks into the store and changes nothing, also while a daemon has it: what that adds or removes
   * later is not seen. Where there is no store, there are no images.
   */
  public static ImageStore look(
      Path root, ImageLimits limits, Platform platform, Admission admission) throws ImageException {
    boolean there = Files.isDirectory(root);
    try {
      Directory directory = Directory.open(there ? root : Path.of("/"), Resolution.BENEATH);
      StoreState state = new StoreState(directory);
      return new ImageStore(
          root, state, limits, platform, admission, there ? state.look() : List.of());
    } catch (IOException e) {
      throw ImageException.storage("look into image store " + root, e);
    }
  }

  /**
   * What could not be read when the store opened; while there is any, nothing unreferenced is
   * deleted at the start.
   */
  public List<String> problems() {
    return problems;
  }

  /**
   * Imports every image of this platform in an OCI layout or a {@code docker save} archive.
   *
   * @param source a directory, or a tar, plain or compressed with gzip or zstd
   * @param name what to call the image instead of what the source says; only for a source of one
   *     image
   * @return the images, each with {@link Image#id}; on failure those before the failing one stay
   *     imported
   */
  public List<Image> importFrom(Path source, Optional<ImageReference> name) throws ImageException {
    List<Image> images = new ImageImport(state, limits, platform, admission).run(source, name);
    for (Image image : images) {
      JOURNAL.info(
          "image imported",
          Field.of("image", image.id()),
          Field.of("tags", image.tags()),
          Field.of("layers", image.chainIds().size()),
          Field.of("bytes", image.bytes()),
          Field.of("source", source));
    }
    return images;
  }

  /**
   * A fresh directory for what is to be imported, on the disk that images are on; what a crash
   * leaves of it goes when the store is opened.
   */
  public Path newStaging() throws ImageException {
    return root.resolve(state.newStaging());
  }

  /** Deletes a directory of {@link #newStaging}; repeatable. */
  public void removeStaging(Path staging) throws ImageException {
    state.removeTrees(List.of(root.relativize(staging).toString()));
  }

  /**
   * Pulls one image. Layers that are on this node already are not transferred again.
   *
   * @param name the reference the image was asked for by
   * @param progress hears of the layers
   * @param atOnce how many layers at a time
   * @return the image; on failure the store is as before
   */
  public Image pull(ImageReference name, RemoteImage remote, PullProgress progress, int atOnce)
      throws ImageException, InterruptedException {
    Image image =
        new ImageImport(state, limits, platform, admission).pull(name, remote, progress, atOnce);
    JOURNAL.info(
        "image pulled",
        Field.of("image", image.id()),
        Field.of("reference", name),
        Field.of("layers", image.chainIds().size()),
        Field.of("bytes", image.bytes()));
    return image;
  }

  /**
   * Writes images as one tar archive, which {@link #importFrom} and others take; each layer's
   * digest is compared once more.
   *
   * @throws IOException of {@code out}
   */
  public void export(List<Image> images, OutputStream out) throws ImageException, IOException {
    try {
      ImageExport.write(state, images, out);
    } finally {
      // An image may have been removed meanwhile, whose layers were kept.
      state.sweep();
    }
  }

  /**
   * Refuses an image that must not be used now, whatever was decided when it came.
   *
   * @param asked how the user named it: a reference, or an id
   */
  public void requireAdmitted(Image image, String asked) throws ImageException {
    admission.used(image, asked);
  }

  /** All images, in the order of their ids. */
  public List<Image> list() {
    return state.list();
  }

  /**
   * The image that {@code text} names: an id ({@code sha256:...}, the bare hex, or at least 4
   * digits of its start that name one image), a tag or a digest reference. Text that can be none of
   * them is {@link ImageException.Kind#MALFORMED}.
   */
  public Optional<Image> find(String text) throws ImageException {
    return state.find(text);
  }

  /**
   * Removes the image that {@code text} names with all its tags. Layers that a container uses stay
   * until {@link #release}.
   *
   * @return whether there was one
   */
  public boolean remove(String text) throws ImageException {
    boolean removed = state.removeImage(text);
    if (removed) {
      JOURNAL.info("image removed", Field.of("named", text));
    }
    return removed;
  }

  /** The config of an image of {@link #list} or {@link #find}, as it came. */
  public byte[] configDocument(Image image) throws ImageException {
    return state.document(image.id());
  }

  /** What all unpacked layers use, each counted once, and the documents of all images. */
  public ImageFsUsage usage() {
    StoreUsage usage = state.usage();
    long bytes = usage.layerBytes() + usage.skeletonBytes() + usage.documentBytes();
    return new ImageFsUsage(root, bytes, usage.inodes(), Instant.now());
  }

  /** Who needs how much of the store. */
  public StoreUsage usageByImage() {
    return state.usage();
  }

  /** The layers of an image, lowest first. */
  public List<UnpackedLayer> unpackedLayers(Image image) throws ImageException {
    List<UnpackedLayer> layers = new ArrayList<>();
    for (Digest chain : image.chainIds()) {
      layers.add(
          state
              .layer(chain)
              .orElseThrow(() -> ImageException.notFound("layer " + chain + " has just gone")));
    }
    return layers;
  }

  /**
   * Deletes what no image, container or import in progress needs, and the images that are
   * dispensable and that no container uses.
   *
   * @param dryRun whether it is only told
   */
  public Garbage collect(Predicate<Image> dispensable, boolean dryRun) throws ImageException {
    Garbage garbage = state.collect(dispensable, dryRun);
    if (!dryRun) {
      JOURNAL.info(
          "image store collected",
          Field.of("parts", garbage.parts().size()),
          Field.of("bytes", garbage.bytes()));
    }
    return garbage;
  }

  /**
   * Makes the directories of a new container and keeps the image's layers for it.
   *
   * @param volumes images that are mounted into it, whose layers are kept too
   * @param directory the container's own directory, which exists; {@code upper} and {@code work}
   *     are made in it
   */
  public ContainerRootFs prepare(
      String containerId, Digest image, Set<Digest> volumes, Path directory) throws ImageException {
    state.addLease(Lease.checkId(containerId), image, volumes);
    try {
      ContainerRootFs rootFs = rootFs(containerId, directory);
      rootFs.make("make the root file system of " + containerId + " in " + directory);
      return rootFs;
    } catch (ImageException | RuntimeException | Error e) {
      releaseAfter(e, containerId, directory);
      throw e;
    }
  }

  /** Nothing runs on it, so that its layers may go even where its directories cannot. */
  private void releaseAfter(Throwable failure, String containerId, Path directory) {
    try {
      try {
        deleteDirectories(containerId, directory);
      } finally {
        state.endLease(containerId);
      }
    } catch (ImageException e) {
      failure.addSuppressed(e);
    }
  }

  /** The directories of a container that {@link #prepare} made, also after a restart. */
  public ContainerRootFs rootFs(String containerId, Path directory) throws ImageException {
    List<Path> lower = state.contentsOf(containerId).stream().map(root::resolve).toList();
    return new ContainerRootFs(lower, directory.resolve(UPPER), directory.resolve(WORK));
  }

  /**
   * What an image shows when it is mounted, topmost layer first; always two at least, because
   * overlayfs wants that.
   *
   * @param subPath that must be a directory in it; resolved as if the image were the root
   */
  public List<Path> volume(Image image, String subPath) throws ImageException {
    List<Path> lower =
        Stream.concat(state.contentsOf(image).stream(), Stream.of(StoreState.EMPTY))
            .distinct()
            .map(root::resolve)
            .collect(Collectors.toCollection(ArrayList::new));
    if (lower.size() == 1) {
      lower.add(root.resolve(StoreState.EMPTY_TOO));
    }
    ImageView.requireDirectory(lower, subPath);
    return lower;
  }

  /**
   * The users and groups of an image, read from its layers; a caller asks once per container.
   *
   * @param image an image of {@link #list} or {@link #find}
   */
  public UserDatabase users(Image image) throws ImageException {
    return UserFiles.read(layers(image));
  }

  /** The trees of an image, topmost first. */
  public List<Path> layers(Image image) throws ImageException {
    return state.contentsOf(image).stream().map(root::resolve).toList();
  }

  /**
   * Deletes the directories of a container, and layers that nothing needs any more. No error when
   * there are none.
   */
  public void release(String containerId, Path directory) throws ImageException {
    Lease.checkId(containerId);
    deleteDirectories(containerId, directory);
    state.endLease(containerId);
  }

  private static void deleteDirectories(String containerId, Path directory) throws ImageException {
    try (Directory held = Directory.open(directory, Resolution.BENEATH)) {
      held.removeTree(UPPER, StoreState.REMOVAL);
      held.removeTree(WORK, StoreState.REMOVAL);
    } catch (IOException e) {
      throw ImageException.storage("delete the root file system of " + containerId, e);
    }
  }

  /**
   * Ends the lease of every container but these; for the start, when the container records have
   * been read.
   */
  public void keepLeases(Set<String> containerIds) throws ImageException {
    for (String holder : state.leaseHolders()) {
      if (!containerIds.contains(holder)) {
        state.endLease(holder);
      }
    }
  }

  @Override
  public void close() {
    state.store().close();
  }
}
