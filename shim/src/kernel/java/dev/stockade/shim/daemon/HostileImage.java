package dev.stockade.shim.daemon;

import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Images of the machine's busybox with the attacker of native/test and something hostile on top.
 */
final class HostileImage {
  /** Only busybox and {@code /attacker}. */
  static final String PLAIN = "plain";

  private final Map<String, Top> tops = new LinkedHashMap<>();

  private record Top(String config, TarBuilder layer) {}

  static String name(String word) {
    return "docker.io/library/" + word + ":hostile";
  }

  /**
   * Adds one.
   *
   * @param config what {@code config} of the image holds besides PATH, with single quotes: {@code
   *     ,'User':'1'}
   */
  HostileImage add(String word, String config, TarBuilder layer) {
    tops.put(word, new Top(config, layer));
    return this;
  }

  HostileImage config(String word, String config) {
    return add(word, config, new TarBuilder());
  }

  HostileImage layer(String word, TarBuilder layer) {
    return add(word, "", layer);
  }

  /** Writes an OCI layout of all of them. */
  Path writeTo(Path directory) throws Exception {
    byte[] base = busybox(Machine.busybox(directory.resolve("busybox")));
    byte[] attacker =
        new TarBuilder()
            .mode(0755)
            .file("attacker", Files.readAllBytes(Machine.attacker()))
            .build();
    LayoutBuilder layout = new LayoutBuilder();
    config(PLAIN, "");
    List<String> manifests =
        tops.entrySet().stream()
            .map(
                top ->
                    layout.image(
                        ",'config':{'Env':['PATH=/bin']" + top.getValue().config() + "}",
                        LayoutBuilder.named(name(top.getKey())),
                        base,
                        attacker,
                        top.getValue().layer().build()))
            .toList();
    return layout
        .finish(manifests.toArray(String[]::new))
        .writeTo(Files.createDirectories(directory.resolve("layout")));
  }

  /** The one layer of busybox, which is the largest of its blobs. */
  private static byte[] busybox(Path layout) throws IOException {
    try (Stream<Path> blobs = Files.list(layout.resolve("blobs/sha256"))) {
      Path layer = blobs.max(Comparator.comparing(blob -> blob.toFile().length())).orElseThrow();
      try (GZIPInputStream tar = new GZIPInputStream(Files.newInputStream(layer))) {
        return tar.readAllBytes();
      }
    }
  }
}
