package dev.stockade.shim.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Follows descriptors to the image of this platform. Sources: OCI image-spec, image-index.md and
 * manifest.md; Docker image manifest V2, schema 2.
 */
final class ManifestReader {
  private static final int DEEPEST = 3;
  private static final int MOST_MANIFESTS = 1000;
  private static final int MOST_INDEXES = 100;
  private static final int MOST_TOLD = 10;

  /** Of what builders tell beside an image. */
  private static final String NO_IMAGE = Quoted.of("unknown/unknown");

  private static final int MOST_ANNOTATIONS = 256;
  private static final int MOST_ANNOTATION_TEXT = 16 << 10;

  private final Documents documents;
  private final Platform platform;
  private final ImageLimits limits;
  private final SortedSet<String> others = new TreeSet<>();
  private int indexes;

  ManifestReader(Documents documents, Platform platform, ImageLimits limits) {
    this.documents = documents;
    this.platform = platform;
    this.limits = limits;
  }

  /** Where the content of a descriptor comes from, not verified yet. */
  @FunctionalInterface
  interface Documents {
    byte[] read(Descriptor descriptor) throws ImageException;
  }

  /**
   * The manifest of this platform that the descriptor leads to. Of several it is the first that
   * says so; one that does not say what it is for is taken when no other is there.
   */
  Optional<Descriptor> manifest(Descriptor top) throws ImageException {
    indexes = 0;
    List<Descriptor> silent = new ArrayList<>();
    Optional<Descriptor> found = search(top, 1, silent);
    return found.isPresent() ? found : silent.stream().findFirst();
  }

  private Optional<Descriptor> search(Descriptor descriptor, int depth, List<Descriptor> silent)
      throws ImageException {
    if (descriptor.isOneOf(MediaType.MANIFESTS)) {
      return judged(descriptor, silent);
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
    if (++indexes > MOST_INDEXES) {
      throw ImageException.refused("has more than " + MOST_INDEXES + " indexes");
    }
    JsonDocument index = JsonDocument.parse("index " + descriptor.digest(), blob(descriptor));
    checkIndex(index, Optional.of(descriptor.mediaType()));
    for (JsonDocument each : index.objects("manifests", MOST_MANIFESTS)) {
      Optional<Descriptor> manifest = search(Descriptor.read(each), depth + 1, silent);
      if (manifest.isPresent()) {
        return manifest;
      }
    }
    return Optional.empty();
  }

  private Optional<Descriptor> judged(Descriptor manifest, List<Descriptor> silent)
      throws ImageException {
    if (manifest.platform().isEmpty()) {
      silent.add(manifest);
      return Optional.empty();
    }
    if (manifest.suits(platform)) {
      return Optional.of(manifest);
    }
    String name = manifest.platformName();
    if (others.size() < MOST_TOLD && !name.equals(NO_IMAGE)) {
      others.add(name);
    }
    return Optional.empty();
  }

  /** Why there is no manifest; names the platforms that there are images for. */
  ImageException none() {
    String told = others.isEmpty() ? "" : ", only for " + String.join(", ", others);
    return ImageException.refused(
        "has no image for " + platform + told + "; name an image that has one for it");
  }

  static void checkIndex(JsonDocument index, Optional<String> mediaType) throws ImageException {
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

  /**
   * The image of a manifest.
   *
   * @param digests references by digest that lead to it
   */
  FoundImage image(
      Descriptor manifest, SortedSet<ImageReference> tags, SortedSet<ImageReference> digests)
      throws ImageException {
    byte[] manifestBytes = blob(manifest);
    JsonDocument document = JsonDocument.parse("manifest " + manifest.digest(), manifestBytes);
    checkShape(document, Optional.of(manifest.mediaType()), "layers", Set.of("manifests"));
    Descriptor config = Descriptor.read(document.object("config"));
    refuseArtifact(document, config);
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
    return new FoundImage(
        config.digest(),
        ImageConfigReader.read(config.digest(), configBytes, limits.layers()),
        Optional.of(manifest.digest()),
        Map.of(config.digest(), configBytes, manifest.digest(), manifestBytes),
        layers,
        tags,
        digests,
        annotations(document));
  }

  /** Source: OCI image-spec, manifest.md, "Guidelines for Artifact Usage". */
  private static void refuseArtifact(JsonDocument manifest, Descriptor config)
      throws ImageException {
    Optional<String> type = manifest.optionalString("artifactType");
    if (type.isPresent() || config.mediaType().equals(MediaType.EMPTY)) {
      throw ImageException.refused(
          manifest.what()
              + " is an OCI artifact of type "
              + Quoted.of(type.orElse(config.mediaType()))
              + ", no container image: it has no program to run");
    }
  }

  /** They are in every list of images, so they must not be large. */
  private static Map<String, String> annotations(JsonDocument manifest) throws ImageException {
    Map<String, String> annotations = manifest.stringMap("annotations", MOST_ANNOTATIONS);
    long length =
        annotations.entrySet().stream()
            .mapToLong(each -> (long) each.getKey().length() + each.getValue().length())
            .sum();
    if (length > MOST_ANNOTATION_TEXT) {
      throw manifest.wrong(
          "annotations", "have more than " + MOST_ANNOTATION_TEXT + " characters together");
    }
    return annotations;
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
        OciLayout.blobFile(layer.digest()),
        Optional.of(layer.digest()),
        Optional.of(layer.size()),
        compression);
  }

  private byte[] blob(Descriptor descriptor) throws ImageException {
    byte[] content = documents.read(descriptor);
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
}
