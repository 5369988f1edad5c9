package dev.stockade.shim.image;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
  private static final int DEEPEST = 3;
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
    checkIndex(index, Optional.empty());
    List<FoundImage> images = new ArrayList<>();
    Set<Digest> seen = new HashSet<>();
    for (JsonDocument each : index.objects("manifests", MOST_MANIFESTS)) {
      Descriptor descriptor = Descriptor.read(each);
      Optional<Descriptor> manifest = manifest(descriptor, 1);
      if (manifest.isPresent() && (seen.add(manifest.get().digest()) || named(descriptor))) {
        images.add(image(manifest.get(), tags(descriptor)));
      }
      if (images.size() > limits.images()) {
        throw ImageException.refused("has more than " + limits.images() + " images");
      }
    }
    if (images.isEmpty()) {
      throw ImageException.refused("has no image for " + platform);
    }
    return images;
  }

  private static boolean named(Descriptor descriptor) {
    return !descriptor.annotations().isEmpty();
  }

  /** The manifest of this platform that the descriptor leads to. */
  private Optional<Descriptor> manifest(Descriptor descriptor, int depth) throws ImageException {
    if (descriptor.isOneOf(MediaType.MANIFESTS)) {
      return descriptor.suits(platform) ? Optional.of(descriptor) : Optional.empty();
    }
    if (!descriptor.isOneOf(MediaType.INDEXES)) {
      throw ImageException.refused(
          descriptor.digest()
              + " has media type "
              + Quoted.of(descriptor.mediaType())
              + ", which is no image");
    }
    if (depth > DEEPEST) {
      throw ImageException.refused("nests indexes deeper than " + DEEPEST);
    }
    JsonDocument index = document(descriptor);
    checkIndex(index, Optional.of(descriptor.mediaType()));
    for (JsonDocument each : index.objects("manifests", MOST_MANIFESTS)) {
      Optional<Descriptor> manifest = manifest(Descriptor.read(each), depth + 1);
      if (manifest.isPresent()) {
        return manifest;
      }
    }
    return Optional.empty();
  }

  private static void checkIndex(JsonDocument index, Optional<String> mediaType)
      throws ImageException {
    checkShape(index, mediaType, "manifests", Set.of("config", "layers"));
    Optional<String> own = index.optionalString("mediaType");
    if (own.isPresent() && !MediaType.INDEXES.contains(own.get())) {
      throw index.wrong("mediaType", "is not that of an index");
    }
  }

  private static void checkShape(
      JsonDocument document, Optional<String> mediaType, String needed, Set<String> foreign)
      throws ImageException {
    if (document.number("schemaVersion") != 2) {
      throw document.wrong("schemaVersion", "is not 2");
    }
    Optional<String> own = document.optionalString("mediaType");
    if (own.isPresent() && mediaType.isPresent() && !own.equals(mediaType)) {
      throw ImageException.refused(
          document.what()
              + " is ambiguous: it says it is "
              + Quoted.of(own.get())
              + " where its descriptor says "
              + Quoted.of(mediaType.get()));
    }
    if (!document.has(needed)) {
      throw document.wrong(needed, "is missing");
    }
    for (String name : foreign) {
      if (document.has(name)) {
        throw ImageException.refused(
            document.what() + " is ambiguous: it has both " + needed + " and " + name);
      }
    }
  }

  private FoundImage image(Descriptor manifest, SortedSet<ImageReference> tags)
      throws ImageException {
    byte[] manifestBytes = blob(manifest);
    JsonDocument document = JsonDocument.parse("manifest " + manifest.digest(), manifestBytes);
    checkShape(document, Optional.of(manifest.mediaType()), "layers", Set.of("manifests"));
    Descriptor config = Descriptor.read(document.object("config"));
    if (!config.isOneOf(MediaType.CONFIGS)) {
      throw ImageException.refused(
          document.what()
              + " has a config of media type "
              + Quoted.of(config.mediaType())
              + ": no container image");
    }
    byte[] configBytes = blob(config);
    List<FoundLayer> layers = new ArrayList<>();
    for (JsonDocument each : document.objects("layers", limits.layers())) {
      layers.add(layer(Descriptor.read(each)));
    }
    SortedSet<ImageReference> digests = new TreeSet<>();
    tags.forEach(tag -> digests.add(tag.withDigest(manifest.digest())));
    return new FoundImage(
        config.digest(),
        ImageConfigReader.read(config.digest(), configBytes, limits.layers()),
        Optional.of(manifest.digest()),
        Map.of(config.digest(), configBytes, manifest.digest(), manifestBytes),
        layers,
        tags,
        digests);
  }

  private static FoundLayer layer(Descriptor layer) throws ImageException {
    Optional<Compression> compression = MediaType.layerCompression(layer.mediaType());
    if (compression.isEmpty()) {
      throw ImageException.refused(
          "layer "
              + layer.digest()
              + " has media type "
              + Quoted.of(layer.mediaType())
              + ", which is not accepted");
    }
    return new FoundLayer(
        blobFile(layer.digest()),
        Optional.of(layer.digest()),
        Optional.of(layer.size()),
        compression);
  }

  private JsonDocument document(Descriptor descriptor) throws ImageException {
    return JsonDocument.parse("index " + descriptor.digest(), blob(descriptor));
  }

  private byte[] blob(Descriptor descriptor) throws ImageException {
    byte[] content = source.read(blobFile(descriptor.digest()), limits.documentBytes());
    if (content.length != descriptor.size()) {
      throw ImageException.refused(
          descriptor.digest()
              + " has "
              + content.length
              + " bytes where its descriptor says "
              + descriptor.size());
    }
    Digest actual = Digest.of(descriptor.digest().algorithm(), content);
    if (!actual.equals(descriptor.digest())) {
      throw ImageException.refused(descriptor.digest() + " has content of digest " + actual);
    }
    return content;
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
