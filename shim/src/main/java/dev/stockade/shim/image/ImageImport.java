package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One import: layers are unpacked in a staging directory without any lock, brought to disk and made
 * known, and only then the image.
 */
final class ImageImport {
  private final StoreState state;
  private final ImageLimits limits;
  private final Platform platform;
  private final Admission admission;

  ImageImport(StoreState state, ImageLimits limits, Platform platform, Admission admission) {
    this.state = state;
    this.limits = limits;
    this.platform = platform;
    this.admission = admission;
  }

  List<Image> run(Path source, Optional<ImageReference> name) throws ImageException {
    if (name.isPresent() && name.get().digest().isPresent()) {
      throw ImageException.malformed(
          name.get() + " has a digest; an imported image is named by a tag");
    }
    int atOnce = Runtime.getRuntime().availableProcessors();
    Path real = real(source);
    String staging = state.newStaging();
    try (Directory held = open(staging);
        ImageSource opened = open(real, held)) {
      List<FoundImage> found = find(opened, name);
      if (name.isPresent() && found.size() > 1) {
        throw ImageException.refused(
            "holds " + found.size() + " images, so they cannot all be called " + name.get());
      }
      Arrival.ImageFile file = file(real, opened);
      for (FoundImage image : found) {
        admission.imported(image.tags(), file);
      }
      Arrival arrival = Arrival.imported(file);
      List<Image> imported = new ArrayList<>();
      for (FoundImage image : found) {
        String place = staging + "/" + imported.size();
        imported.add(importOne(image, arrival, opened, new PullProgress(), place, atOnce));
      }
      return imported;
    } catch (ImageException e) {
      throw e.in("import " + source);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ImageException.storage("import " + source, e);
    } finally {
      state.removeTrees(List.of(staging));
    }
  }

  /**
   * Takes an image from where somebody else has it.
   *
   * @param name what its reference says; a tag without a digest leads to the image afterwards
   * @param progress hears of the layers
   * @param atOnce how many layers at a time
   */
  Image pull(ImageReference name, RemoteImage remote, PullProgress progress, int atOnce)
      throws ImageException, InterruptedException {
    RemoteImage.Document root = root(remote);
    ManifestReader reader =
        new ManifestReader(descriptor -> document(remote, root, descriptor), platform, limits);
    Descriptor top =
        new Descriptor(
            root.mediaType(), root.digest(), root.content().length, Map.of(), Optional.empty());
    try {
      Descriptor manifest = reader.manifest(top).orElseThrow(reader::none);
      Arrival arrival = Arrival.pulled(admission.pulled(name, manifest.digest(), remote));
      NavigableSet<ImageReference> tags = new TreeSet<>();
      if (name.digest().isEmpty()) {
        tags.add(name);
      }
      NavigableSet<ImageReference> digests = new TreeSet<>(Set.of(name.withDigest(root.digest())));
      FoundImage found = reader.image(manifest, tags, digests);
      String staging = state.newStaging();
      try (RemoteSource source = new RemoteSource(remote, name.domain(), found.layers())) {
        return importOne(found, arrival, source, progress, staging + "/0", atOnce);
      } finally {
        state.removeTrees(List.of(staging));
      }
    } catch (ImageException e) {
      throw e.in("pull " + name);
    }
  }

  private RemoteImage.Document root(RemoteImage remote)
      throws ImageException, InterruptedException {
    try {
      return remote.root(MediaType.roots(), limits.documentBytes());
    } catch (IOException e) {
      throw ImageException.transfer("pull " + remote, e);
    }
  }

  private byte[] document(RemoteImage remote, RemoteImage.Document root, Descriptor descriptor)
      throws ImageException {
    if (descriptor.digest().equals(root.digest())) {
      return root.content();
    }
    if (descriptor.size() > limits.documentBytes()) {
      throw ImageException.refused(
          descriptor.digest() + " has more than " + limits.documentBytes() + " bytes");
    }
    boolean manifest =
        descriptor.isOneOf(MediaType.MANIFESTS) || descriptor.isOneOf(MediaType.INDEXES);
    try {
      return manifest
          ? remote.manifest(descriptor.digest(), MediaType.roots(), limits.documentBytes())
          : remote.document(descriptor.digest(), limits.documentBytes());
    } catch (IOException e) {
      throw ImageException.transfer(descriptor.digest().toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ImageException.transfer(descriptor.digest().toString(), e);
    }
  }

  /**
   * Without symbolic links, so that what is judged by its path is what is opened by it. Opening
   * tells what is wrong with one that has no such path.
   */
  private static Path real(Path source) {
    try {
      return source.toRealPath();
    } catch (IOException e) {
      return source.normalize();
    }
  }

  /** What containers-policy.json(5) calls the source. */
  private static Arrival.ImageFile file(Path real, ImageSource opened) throws ImageException {
    boolean layout = opened.size(OciLayout.MARKER).isPresent();
    String transport =
        layout ? (Files.isDirectory(real) ? "oci" : "oci-archive") : "docker-archive";
    return new Arrival.ImageFile(transport, real.toString());
  }

  private Directory open(String name) throws ImageException {
    try {
      return state.store().directory(name);
    } catch (SyscallException e) {
      throw ImageException.storage("open " + name, e);
    }
  }

  private ImageSource open(Path source, Directory staging) throws ImageException {
    return Files.isDirectory(source)
        ? DirectorySource.open(source)
        : ArchiveSource.open(source, staging, limits);
  }

  private List<FoundImage> find(ImageSource source, Optional<ImageReference> name)
      throws ImageException {
    if (source.size(OciLayout.MARKER).isPresent()) {
      return new OciLayout(source, platform, limits, name).images();
    }
    if (source.size(DockerArchive.MANIFEST).isPresent()) {
      return new DockerArchive(source, limits, name).images();
    }
    throw ImageException.refused(
        "is neither an OCI image layout (no oci-layout) nor a docker archive (no manifest.json)");
  }

  private Image importOne(
      FoundImage found,
      Arrival arrival,
      ImageSource source,
      PullProgress progress,
      String staging,
      int atOnce)
      throws ImageException, InterruptedException {
    check(found);
    progress.begin(found);
    try {
      return bring(found, arrival, source, progress, staging, atOnce);
    } catch (ImageException | InterruptedException | RuntimeException e) {
      sweepAfter(e);
      throw e;
    }
  }

  private Image bring(
      FoundImage found,
      Arrival arrival,
      ImageSource source,
      PullProgress progress,
      String staging,
      int atOnce)
      throws ImageException, InterruptedException {
    List<Digest> chains = chains(found.config().diffIds());
    state.pin(chains);
    try (ImageLayers layers =
        new ImageLayers(state, limits, found, chains, source, progress, staging, atOnce)) {
      long bytes = layers.bring();
      return state.commit(image(found, arrival, chains, bytes), found.documents());
    } finally {
      state.unpin(chains);
    }
  }

  /** Layers that came before the failure are not kept. */
  private void sweepAfter(Exception failure) {
    try {
      state.sweep();
    } catch (ImageException e) {
      failure.addSuppressed(e);
    }
  }

  private void check(FoundImage found) throws ImageException {
    ImageConfig config = found.config();
    if (!platform.runs(config.os(), config.architecture(), config.variant())) {
      throw ImageException.refused(
          "image "
              + found.id()
              + " is for "
              + Quoted.of(
                  config.os()
                      + "/"
                      + config.architecture()
                      + config.variant().map(variant -> "/" + variant).orElse(""))
              + "; this node is "
              + platform);
    }
    if (config.diffIds().size() != found.layers().size()) {
      throw ImageException.refused(
          "image "
              + found.id()
              + " has "
              + found.layers().size()
              + " layers but its config names "
              + config.diffIds().size());
    }
  }

  private static List<Digest> chains(List<Digest> diffIds) {
    List<Digest> chains = new ArrayList<>();
    for (Digest diffId : diffIds) {
      chains.add(
          chains.isEmpty() ? diffId : UnpackedLayer.chain(chains.get(chains.size() - 1), diffId));
    }
    return chains;
  }

  private static Image image(
      FoundImage found, Arrival arrival, List<Digest> chains, long layerBytes) {
    long documentBytes = found.documents().values().stream().mapToLong(d -> d.length).sum();
    return new Image(
        found.id(),
        found.manifest(),
        found.tags(),
        found.digests(),
        layerBytes + documentBytes,
        Instant.now(),
        found.config(),
        chains,
        found.annotations(),
        arrival);
  }
}
