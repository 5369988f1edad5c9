package dev.stockade.shim.image;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Finds the images of this platform in an OCI image layout. Source: OCI image-spec,
 * image-layout.md.
 */
final class OciLayout {
  static final EntryPath MARKER = new EntryPath("oci-layout");
  private static final EntryPath INDEX = new EntryPath("index.json");
  private static final int MOST_MANIFESTS = 1000;
  private static final int MARKER_BYTES = 4096;

  private final ImageSource source;
  private final Platform platform;
  private final ImageLimits limits;
  private final Optional<ImageReference> name;

  /**
   * @param name what the caller wants the image to be called, if the source holds one image only
   */
  OciLayout(
      ImageSource source, Platform platform, ImageLimits limits, Optional<ImageReference> name) {
    this.source = source;
    this.platform = platform;
    this.limits = limits;
    this.name = name;
  }

  List<FoundImage> images() throws ImageException {
    JsonDocument marker = JsonDocument.parse("oci-layout", source.read(MARKER, MARKER_BYTES));
    if (!marker.string("imageLayoutVersion").equals("1.0.0")) {
      throw marker.wrong("imageLayoutVersion", "is not 1.0.0");
    }
    JsonDocument index =
        JsonDocument.parse("index.json", source.read(INDEX, limits.documentBytes()));
    ManifestReader.checkIndex(index, Optional.empty());
    ManifestReader reader =
        new ManifestReader(
            d -> source.read(blobFile(d.digest()), limits.documentBytes()), platform, limits);
    List<FoundImage> images = new ArrayList<>();
    Set<Digest> seen = new HashSet<>();
    for (JsonDocument each : index.objects("manifests", MOST_MANIFESTS)) {
      Descriptor descriptor = Descriptor.read(each);
      Optional<Descriptor> manifest = reader.manifest(descriptor);
      if (manifest.isPresent() && (seen.add(manifest.get().digest()) || named(descriptor))) {
        SortedSet<ImageReference> tags = tags(descriptor);
        SortedSet<ImageReference> digests = new TreeSet<>();
        tags.forEach(tag -> digests.add(tag.withDigest(manifest.get().digest())));
        images.add(reader.image(manifest.get(), tags, digests));
      }
      if (images.size() > limits.images()) {
        throw ImageException.refused("has more than " + limits.images() + " images");
      }
    }
    if (images.isEmpty()) {
      throw reader.none();
    }
    return images;
  }

  private static boolean named(Descriptor descriptor) {
    return !descriptor.annotations().isEmpty();
  }

  static EntryPath blobFile(Digest digest) {
    return new EntryPath("blobs/" + digest.algorithm().label() + "/" + digest.hex());
  }

  /**
   * The caller's name, else the full name some writers give, else the layout's own if it is full.
   */
  private SortedSet<ImageReference> tags(Descriptor descriptor) throws ImageException {
    SortedSet<ImageReference> tags = new TreeSet<>();
    if (name.isPresent()) {
      tags.add(name.get());
      return tags;
    }
    String full = descriptor.annotations().getOrDefault("io.containerd.image.name", "");
    String own = descriptor.annotations().getOrDefault("org.opencontainers.image.ref.name", "");
    String text = full.isEmpty() ? own : full;
    if (text.indexOf(':') > 0 || text.indexOf('/') > 0) {
      ImageReference reference = ImageReference.parse(text);
      if (reference.tag().isPresent()) {
        tags.add(reference.withTag(reference.tag().get()));
      }
    }
    return tags;
  }
}
