package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes images as a tar that is an OCI layout and, by its {@code manifest.json}, a docker archive.
 * Layers are in it uncompressed, so their digests are the diff ids of the config, which stays as it
 * is, and with it the image's id; the manifest is a new one. Equal images make equal tars. Sources:
 * OCI image-spec, image-layout.md; docker save.
 */
final class ImageExport {
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
  private static final String NAME = "org.opencontainers.image.ref.name";

  private final StoreState state;
  private final TarArchiveOutputStream tar;
  private final Set<Digest> written = new HashSet<>();
  private final Map<Digest, Long> layers = new HashMap<>();
  private final ObjectNode index = JsonDocument.MAPPER.createObjectNode();
  private final ArrayNode manifests;
  private final ArrayNode archive = JsonDocument.MAPPER.createArrayNode();

  private ImageExport(StoreState state, OutputStream out) {
    this.state = state;
    this.tar = new TarArchiveOutputStream(out, "UTF-8");
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    index.put("schemaVersion", 2).put("mediaType", INDEX);
    this.manifests = index.putArray("manifests");
  }

  /** Writes all of it; layers that are missing or cannot be made again are named. */
  static void write(StoreState state, List<Image> images, OutputStream out)
      throws ImageException, IOException {
    ImageExport export = new ImageExport(state, out);
    ObjectNode layout = JsonDocument.MAPPER.createObjectNode().put("imageLayoutVersion", "1.0.0");
    export.file("oci-layout", JsonDocument.bytes(layout));
    for (Image image : images) {
      state.pin(image.chainIds());
      try {
        export.add(image);
      } catch (ImageException e) {
        throw e.in("export " + image.id());
      } finally {
        state.unpin(image.chainIds());
      }
    }
    export.file("index.json", JsonDocument.bytes(export.index));
    export.file("manifest.json", JsonDocument.bytes(export.archive));
    export.tar.finish();
  }

  private void add(Image image) throws ImageException, IOException {
    byte[] config = state.document(image.id());
    blob(image.id(), config);
    ObjectNode manifest = JsonDocument.MAPPER.createObjectNode();
    manifest.put("schemaVersion", 2).put("mediaType", MANIFEST);
    describe(manifest.putObject("config"), CONFIG, image.id(), config.length);
    ArrayNode described = manifest.putArray("layers");
    ObjectNode saved = archive.addObject();
    saved.put("Config", file(image.id()));
    image.tags().forEach(tag -> saved.withArray("/RepoTags").add(tag.toString()));
    ArrayNode savedLayers = saved.putArray("Layers");
    for (int i = 0; i < image.chainIds().size(); i++) {
      Digest diffId = image.config().diffIds().get(i);
      long size = layer(image.chainIds().get(i), diffId);
      describe(described.addObject(), LAYER, diffId, size);
      savedLayers.add(file(diffId));
    }
    if (!image.annotations().isEmpty()) {
      ObjectNode annotations = manifest.putObject("annotations");
      image.annotations().forEach(annotations::put);
    }
    byte[] document = JsonDocument.bytes(manifest);
    Digest digest = Digest.sha256(document);
    blob(digest, document);
    if (image.tags().isEmpty()) {
      describe(manifests.addObject(), MANIFEST, digest, document.length);
    }
    for (ImageReference tag : image.tags()) {
      ObjectNode named = manifests.addObject();
      describe(named, MANIFEST, digest, document.length);
      named.putObject("annotations").put(NAME, tag.toString());
    }
  }

  private static void describe(ObjectNode descriptor, String type, Digest digest, long size) {
    descriptor.put("mediaType", type).put("digest", digest.toString()).put("size", size);
  }

  private static String file(Digest digest) {
    return OciLayout.blobFile(digest).text();
  }

  private void blob(Digest digest, byte[] content) throws IOException {
    if (written.add(digest)) {
      file(file(digest), content);
    }
  }

  private void file(String name, byte[] content) throws IOException {
    begin(name, content.length);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private void begin(String name, long size) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(size);
    entry.setMode(TarArchiveEntry.DEFAULT_FILE_MODE);
    entry.setModTime(0);
    tar.putArchiveEntry(entry);
  }

  /** Writes a layer unless it is there, and returns the bytes of its tar. */
  private long layer(Digest chainId, Digest diffId) throws ImageException, IOException {
    Long known = layers.get(diffId);
    if (known != null) {
      return known;
    }
    Optional<UnpackedLayer> there = state.layer(chainId);
    SkeletonReader reader = new SkeletonReader(state.store(), chainId);
    if (there.isEmpty() || !reader.exists()) {
      throw ImageException.refused(
          "layer "
              + diffId
              + " was kept without what its archive needs, by an earlier release or because that"
              + " was too large; remove the image and pull or import it again");
    }
    long size;
    try {
      size = reader.size();
    } catch (IOException e) {
      throw ImageException.storage("read the skeleton of layer " + diffId, e);
    }
    begin(file(diffId), size);
    content(reader, diffId);
    tar.closeArchiveEntry();
    layers.put(diffId, size);
    return size;
  }

  private void content(SkeletonReader reader, Digest diffId) throws ImageException, IOException {
    DigestOutputStream hashed = new DigestOutputStream(tar, diffId.algorithm().streamHasher());
    try {
      reader.writeTo(hashed);
    } catch (ExportEnded e) {
      throw e;
    } catch (IOException e) {
      throw ImageException.refused("layer " + diffId + " cannot be made again: " + e.getMessage());
    }
    Digest actual = Digest.ofHash(diffId.algorithm(), hashed.getMessageDigest().digest());
    if (!actual.equals(diffId)) {
      throw ImageException.refused(
          "layer "
              + diffId
              + " cannot be made again: a file is in it more than once, or was changed on disk;"
              + " it would have digest "
              + actual);
    }
  }
}
