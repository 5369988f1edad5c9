package dev.stockade.shim.image;

import io.airlift.compress.zstd.ZstdCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/** Makes OCI layouts and docker archives, honest ones and, by replacing parts, others. */
public final class LayoutBuilder {
  public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  public static final String INDEX = "application/vnd.oci.image.index.v1+json";
  public static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
  public static final String CONFIG = "application/vnd.oci.image.config.v1+json";

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  static Digest sha256(byte[] content) {
    return Digest.of(Digest.Algorithm.SHA256, content);
  }

  public static byte[] utf8(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  public static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] zstd(byte[] content) {
    ZstdCompressor compressor = new ZstdCompressor();
    byte[] out = new byte[compressor.maxCompressedLength(content.length)];
    return Arrays.copyOf(out, compressor.compress(content, 0, content.length, out, 0, out.length));
  }

  public Map<String, byte[]> files() {
    return files;
  }

  LayoutBuilder file(String name, byte[] content) {
    files.put(name, content);
    return this;
  }

  /** Adds a blob and returns its descriptor. */
  public String blob(String mediaType, byte[] content) {
    return blob(mediaType, content, "");
  }

  public String blob(String mediaType, byte[] content, String more) {
    Digest digest = sha256(content);
    files.put(OciLayout.blobFile(digest).text(), content);
    return descriptor(mediaType, digest, content.length, more);
  }

  static String descriptor(String mediaType, Digest digest, long size, String more) {
    return "{'mediaType':'" + mediaType + "','digest':'" + digest + "','size':" + size + more + "}";
  }

  public static byte[] config(String more, byte[]... layers) {
    return configFor(Platform.here().architecture(), more, layers);
  }

  static byte[] configFor(String architecture, String more, byte[]... layers) {
    List<String> diffIds = new ArrayList<>();
    for (byte[] layer : layers) {
      diffIds.add("'" + sha256(layer) + "'");
    }
    return utf8(
        "{'architecture':'"
            + architecture
            + "','os':'linux'"
            + more
            + ",'rootfs':{'type':'layers','diff_ids':["
            + String.join(",", diffIds)
            + "]}}");
  }

  /** Adds config, layers (plain tar) and manifest; returns the manifest's descriptor. */
  public String image(String configMore, String descriptorMore, byte[]... layers) {
    return image(config(configMore, layers), descriptorMore, layers);
  }

  /** As the other, for an architecture, with a descriptor that says so. */
  public String imageFor(String architecture, byte[]... layers) {
    return image(
        configFor(architecture, "", layers),
        ",'platform':{'os':'linux','architecture':'" + architecture + "'}",
        layers);
  }

  private String image(byte[] config, String descriptorMore, byte[]... layers) {
    List<String> descriptors = new ArrayList<>();
    for (byte[] layer : layers) {
      descriptors.add(blob(LAYER, layer));
    }
    return manifest(blob(CONFIG, config), descriptors, descriptorMore);
  }

  public String manifest(String config, List<String> layers, String descriptorMore) {
    byte[] manifest =
        utf8(
            "{'schemaVersion':2,'mediaType':'"
                + MANIFEST
                + "','config':"
                + config
                + ",'layers':["
                + String.join(",", layers)
                + "]}");
    return blob(MANIFEST, manifest, descriptorMore);
  }

  public static String index(String... manifests) {
    return "{'schemaVersion':2,'mediaType':'"
        + INDEX
        + "','manifests':["
        + String.join(",", manifests)
        + "]}";
  }

  public static String named(String reference) {
    return ",'annotations':{'org.opencontainers.image.ref.name':'" + reference + "'}";
  }

  public LayoutBuilder finish(String... manifests) {
    file("oci-layout", utf8("{'imageLayoutVersion':'1.0.0'}"));
    return file("index.json", utf8(index(manifests)));
  }

  /** A layout of one image. */
  public static LayoutBuilder of(String reference, byte[]... layers) {
    LayoutBuilder layout = new LayoutBuilder();
    return layout.finish(layout.image("", named(reference), layers));
  }

  /** A layout of one image whose layers are plain, of gzip and of zstd in turn. */
  public static LayoutBuilder compressed(String reference, byte[]... layers) {
    LayoutBuilder layout = new LayoutBuilder();
    List<String> descriptors = new ArrayList<>();
    for (byte[] layer : layers) {
      descriptors.add(
          switch (descriptors.size() % 3) {
            case 0 -> layout.blob(LAYER, layer);
            case 1 -> layout.blob(LAYER + "+gzip", gzip(layer));
            default -> layout.blob(LAYER + "+zstd", zstd(layer));
          });
    }
    String config = layout.blob(CONFIG, config("", layers));
    return layout.finish(layout.manifest(config, descriptors, named(reference)));
  }

  /**
   * Many images of one layer that differ in their users and annotations; the tenth has two tags.
   */
  public static LayoutBuilder images(String prefix, int count) {
    LayoutBuilder layout = new LayoutBuilder();
    byte[] layer = new TarBuilder().file("f", "1").build();
    String layerDescriptor = layout.blob(LAYER, layer);
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String config = layout.blob(CONFIG, config(",'config':{'User':'" + i + "'}", layer));
      byte[] manifest =
          utf8(
              "{'schemaVersion':2,'config':"
                  + config
                  + ",'layers':["
                  + layerDescriptor
                  + "],'annotations':{'number':'"
                  + i
                  + "'}}");
      manifests.add(layout.blob(MANIFEST, manifest, named(prefix + i + ":1")));
      if (i == 9) {
        manifests.add(layout.blob(MANIFEST, manifest, named(prefix + i + ":other")));
      }
    }
    return layout.finish(manifests.toArray(String[]::new));
  }

  /** What {@code docker save} writes for one image. */
  static LayoutBuilder docker(String reference, byte[]... layers) {
    LayoutBuilder archive = new LayoutBuilder();
    byte[] config = config("", layers);
    String configName = sha256(config).hex() + ".json";
    archive.file(configName, config);
    List<String> names = new ArrayList<>();
    for (byte[] layer : layers) {
      String name = sha256(layer).hex() + "/layer.tar";
      archive.file(name, layer);
      names.add(name);
    }
    String quoted = names.stream().map(n -> "'" + n + "'").collect(Collectors.joining(","));
    return archive.file(
        "manifest.json",
        utf8(
            "[{'Config':'"
                + configName
                + "','RepoTags':['"
                + reference
                + "'],'Layers':["
                + quoted
                + "]}]"));
  }

  public Path writeTo(Path directory) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = directory.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue());
    }
    return directory;
  }

  byte[] tar() {
    TarBuilder tar = new TarBuilder();
    files.forEach(tar::file);
    return tar.build();
  }
}
