package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Finds the images in what {@code docker save} writes. Source: Docker image specification v1.2,
 * "Combined Image JSON".
 */
final class DockerArchive {
  static final EntryPath MANIFEST = new EntryPath("manifest.json");
  private static final int MOST_TAGS = 256;

  private final ImageSource source;
  private final ImageLimits limits;
  private final Optional<ImageReference> name;

  DockerArchive(ImageSource source, ImageLimits limits, Optional<ImageReference> name) {
    this.source = source;
    this.limits = limits;
    this.name = name;
  }

  List<FoundImage> images() throws ImageException {
    JsonNode manifest =
        JsonDocument.parseAny("manifest.json", source.read(MANIFEST, limits.documentBytes()));
    if (!manifest.isArray() || manifest.isEmpty() || manifest.size() > limits.images()) {
      throw ImageException.refused(
          "manifest.json is not an array of 1 to " + limits.images() + " images");
    }
    List<FoundImage> images = new ArrayList<>();
    for (JsonNode each : manifest) {
      images.add(image(JsonDocument.object("manifest.json[" + images.size() + "]", each)));
    }
    return images;
  }

  private FoundImage image(JsonDocument entry) throws ImageException {
    EntryPath configFile = EntryPath.parse("config file", entry.string("Config"));
    byte[] configBytes = source.read(configFile, limits.documentBytes());
    Digest id = Digest.of(Digest.Algorithm.SHA256, configBytes);
    Optional<Digest> promised = digestInName(configFile.name());
    if (promised.isPresent() && !promised.get().equals(id)) {
      throw ImageException.refused("config " + configFile + " has content of digest " + id);
    }
    List<FoundLayer> layers = new ArrayList<>();
    for (String file : entry.strings("Layers", limits.layers())) {
      EntryPath path = EntryPath.parse("layer file", file);
      layers.add(new FoundLayer(path, blobDigest(path), Optional.empty(), Optional.empty()));
    }
    return new FoundImage(
        id,
        ImageConfigReader.read(id, configBytes, limits.layers()),
        Optional.empty(),
        Map.of(id, configBytes),
        layers,
        tags(entry),
        new TreeSet<>(),
        Map.of());
  }

  /** Docker names the config after its digest, {@code HEX.json} or {@code blobs/sha256/HEX}. */
  private static Optional<Digest> digestInName(String file) {
    String hex = file.endsWith(".json") ? file.substring(0, file.length() - 5) : file;
    return Digest.tryParse("sha256:" + hex);
  }

  private static Optional<Digest> blobDigest(EntryPath path) {
    return path.parent().text().equals("blobs/sha256")
        ? Digest.tryParse("sha256:" + path.name())
        : Optional.empty();
  }

  private SortedSet<ImageReference> tags(JsonDocument entry) throws ImageException {
    SortedSet<ImageReference> tags = new TreeSet<>();
    if (name.isPresent()) {
      tags.add(name.get());
      return tags;
    }
    for (String text : entry.strings("RepoTags", MOST_TAGS)) {
      ImageReference reference = ImageReference.parse(text);
      if (reference.digest().isPresent()) {
        throw entry.wrong("RepoTags", "has a reference with a digest: " + Quoted.of(text));
      }
      tags.add(reference);
    }
    return tags;
  }
}
