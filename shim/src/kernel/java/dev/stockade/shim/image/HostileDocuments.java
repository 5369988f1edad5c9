package dev.stockade.shim.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Layouts and archives that lie, contradict themselves or cost too much. */
final class HostileDocuments {
  static final byte[] LAYER = new TarBuilder().file("f", "1").build();
  static final String REFERENCE = "test.example/a:1";

  private HostileDocuments() {}

  static Stream<HostileCase> all() {
    return Stream.of(
            layouts().map(HostileCase::onlyAsFile),
            manifests(),
            layers(),
            dockerArchives().map(HostileCase::onlyAsFile))
        .flatMap(s -> s);
  }

  private static HostileCase source(String what, String message, Supplier<LayoutBuilder> layout) {
    return HostileCase.document(what, message, layout);
  }

  private static HostileCase changed(String what, String message, Consumer<LayoutBuilder> change) {
    return source(
        what,
        message,
        () -> {
          LayoutBuilder layout = LayoutBuilder.of(REFERENCE, LAYER);
          change.accept(layout);
          return layout;
        });
  }

  /** A layout whose manifest is as given, with {@code CONFIG} and {@code LAYER} put in. */
  private static HostileCase manifest(String what, String message, String text) {
    return source(
        what,
        message,
        () -> {
          LayoutBuilder layout = new LayoutBuilder();
          String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", LAYER));
          String layer = layout.blob(LayoutBuilder.LAYER, LAYER);
          String filled = text.replace("CONFIG", config).replace("LAYER", layer);
          return layout.finish(layout.blob(LayoutBuilder.MANIFEST, LayoutBuilder.utf8(filled)));
        });
  }

  private static HostileCase layerAs(String what, String message, String mediaType, byte[] blob) {
    return source(
        what,
        message,
        () -> {
          LayoutBuilder layout = new LayoutBuilder();
          String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", LAYER));
          return layout.finish(layout.manifest(config, List.of(layout.blob(mediaType, blob)), ""));
        });
  }

  static String layerFile() {
    return OciLayout.blobFile(LayoutBuilder.sha256(LAYER)).text();
  }

  static Stream<HostileCase> layouts() {
    return Stream.of(
        changed("no marker", "neither", l -> l.files().remove("oci-layout")),
        changed(
            "another version",
            "1.0.0",
            l -> l.file("oci-layout", LayoutBuilder.utf8("{'imageLayoutVersion':'9'}"))),
        changed("no index", "index.json", l -> l.files().remove("index.json")),
        changed(
            "an index in another encoding",
            "UTF-8",
            l -> l.file("index.json", "{}".getBytes(StandardCharsets.UTF_16))),
        changed(
            "an index that is a manifest too",
            "ambiguous",
            l ->
                l.file(
                    "index.json",
                    LayoutBuilder.utf8("{'schemaVersion':2,'manifests':[],'layers':[]}"))),
        changed(
            "an index without images",
            "no image for",
            l -> l.file("index.json", LayoutBuilder.utf8("{'schemaVersion':2,'manifests':[]}"))),
        changed(
            "a digest that is a path",
            "digest",
            l ->
                l.file(
                    "index.json",
                    LayoutBuilder.utf8(
                        LayoutBuilder.index(
                            "{'mediaType':'"
                                + LayoutBuilder.MANIFEST
                                + "','size':1,'digest':'sha256:../../etc/passwd'}")))),
        changed(
            "an index over the limit",
            "at most",
            l -> l.file("index.json", new byte[ScratchStore.SMALL.documentBytes() + 1])),
        changed("a layer that is missing", "no file", l -> l.files().remove(layerFile())),
        changed(
            "a layer of other content",
            "promised",
            l -> l.file(layerFile(), new TarBuilder().file("f", "2").build())),
        changed(
            "a layer with more behind it",
            "bytes where its descriptor",
            l -> l.file(layerFile(), Arrays.copyOf(LAYER, LAYER.length + 10))),
        changed(
            "a layer cut off",
            "",
            l -> l.file(layerFile(), Arrays.copyOf(LAYER, LAYER.length / 2))),
        source(
            "a config of another architecture",
            "this node is",
            () -> {
              LayoutBuilder layout = new LayoutBuilder();
              String config =
                  layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.configFor("riscv64", "", LAYER));
              return layout.finish(
                  layout.manifest(config, List.of(layout.blob(LayoutBuilder.LAYER, LAYER)), ""));
            }),
        source(
            "indexes without end",
            "deeper",
            () -> {
              LayoutBuilder layout = new LayoutBuilder();
              String inner = layout.image("", "", LAYER);
              for (int i = 0; i < 5; i++) {
                inner =
                    layout.blob(
                        LayoutBuilder.INDEX, LayoutBuilder.utf8(LayoutBuilder.index(inner)));
              }
              return layout.finish(inner);
            }),
        source(
            "too many layers",
            "at most 20",
            () -> {
              byte[][] layers = new byte[21][];
              Arrays.fill(layers, LAYER);
              return LayoutBuilder.of(REFERENCE, layers);
            }),
        source(
            "a name that is none",
            "reference",
            () -> LayoutBuilder.of("host.example/UPPER:1", LAYER)));
  }

  static Stream<HostileCase> manifests() {
    String head = "{'schemaVersion':2,";
    return Stream.of(
        manifest(
            "manifest and index at once",
            "ambiguous",
            head + "'config':CONFIG,'layers':[LAYER],'manifests':[]}"),
        manifest("field twice", "JSON", head + "'config':CONFIG,'layers':[LAYER],'layers':[]}"),
        manifest(
            "field twice but for case",
            "ambiguous",
            head + "'config':CONFIG,'layers':[LAYER],'Layers':[]}"),
        manifest(
            "another media type inside",
            "ambiguous",
            head + "'mediaType':'" + LayoutBuilder.INDEX + "','config':CONFIG,'layers':[LAYER]}"),
        manifest(
            "schema 1", "schemaVersion", "{'schemaVersion':1,'config':CONFIG,'layers':[LAYER]}"),
        manifest("no layers field", "layers", head + "'config':CONFIG}"),
        manifest("no config", "config", head + "'layers':[LAYER]}"),
        manifest(
            "config that is a layer",
            "no container image",
            head + "'config':LAYER,'layers':[LAYER]}"),
        manifest(
            "layer that is a config", "not accepted", head + "'config':CONFIG,'layers':[CONFIG]}"),
        manifest(
            "fewer layers than the config says",
            "layers but its config",
            head + "'config':CONFIG,'layers':[]}"),
        manifest(
            "more layers than the config says",
            "layers but its config",
            head + "'config':CONFIG,'layers':[LAYER,LAYER]}"),
        manifest("layers that are no array", "array", head + "'config':CONFIG,'layers':{}}"),
        manifest(
            "an artifact that says so",
            "OCI artifact of type \"application/x.model\"",
            head + "'artifactType':'application/x.model','config':CONFIG,'layers':[LAYER]}"),
        manifest(
            "an artifact without a config",
            "no program to run",
            head
                + "'config':{'mediaType':'application/vnd.oci.empty.v1+json','size':2,'digest':'"
                + LayoutBuilder.sha256(LayoutBuilder.utf8("{}"))
                + "'},'layers':[LAYER]}"),
        manifest(
            "annotations that fill every list of images",
            "annotations",
            head
                + "'config':CONFIG,'layers':[LAYER],'annotations':{'a':'"
                + "x".repeat(16 << 10)
                + "'}}"),
        manifest("more behind it", "JSON", head + "'config':CONFIG,'layers':[LAYER]} {}"),
        manifest("not JSON", "JSON", "hello"),
        manifest("empty", "", ""));
  }

  static Stream<HostileCase> layers() {
    byte[] bomb = LayoutBuilder.gzip(new byte[8 << 20]);
    return Stream.of(
        layerAs(
            "gzip told as plain",
            "media type says",
            LayoutBuilder.LAYER,
            LayoutBuilder.gzip(LAYER)),
        layerAs("plain told as gzip", "media type says", LayoutBuilder.LAYER + "+gzip", LAYER),
        layerAs(
            "gzip told as zstd",
            "media type says",
            LayoutBuilder.LAYER + "+zstd",
            LayoutBuilder.gzip(LAYER)),
        layerAs(
            "xz", "xz", LayoutBuilder.LAYER, new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 1}),
        layerAs("bzip2", "bzip2", LayoutBuilder.LAYER, LayoutBuilder.utf8("BZh9.....")),
        layerAs("encrypted", "not accepted", LayoutBuilder.LAYER + "+gzip+encrypted", LAYER),
        layerAs(
            "gzip of another tar",
            "promised",
            LayoutBuilder.LAYER + "+gzip",
            LayoutBuilder.gzip(new TarBuilder().file("f", "2").build())),
        layerAs(
            "gzip cut off",
            "",
            LayoutBuilder.LAYER + "+gzip",
            Arrays.copyOf(LayoutBuilder.gzip(LAYER), 40)),
        layerAs(
            "zstd of nonsense",
            "",
            LayoutBuilder.LAYER + "+zstd",
            new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9}),
        layerAs("bomb", "layer_bytes", LayoutBuilder.LAYER + "+gzip", bomb),
        layerAs("not a tar", "", LayoutBuilder.LAYER, LayoutBuilder.utf8("x".repeat(2000))));
  }

  private static HostileCase docker(String what, String message, Consumer<LayoutBuilder> change) {
    return source(
        what,
        message,
        () -> {
          LayoutBuilder archive = LayoutBuilder.docker("busybox:1", LAYER);
          change.accept(archive);
          return archive;
        });
  }

  private static LayoutBuilder dockerManifest(LayoutBuilder archive, String text) {
    return archive.file("manifest.json", LayoutBuilder.utf8(text));
  }

  static Stream<HostileCase> dockerArchives() {
    String config = LayoutBuilder.sha256(LayoutBuilder.config("", LAYER)).hex() + ".json";
    return Stream.of(
        docker(
            "config of other content",
            "content of digest",
            a -> a.file(config, LayoutBuilder.config(",'x':1", LAYER))),
        docker(
            "config outside",
            "contains ..",
            a -> dockerManifest(a, "[{'Config':'../../x','Layers':[]}]")),
        docker(
            "layer outside",
            "is absolute",
            a -> dockerManifest(a, "[{'Config':'" + config + "','Layers':['/etc/passwd']}]")),
        docker(
            "layer missing",
            "no file",
            a -> dockerManifest(a, "[{'Config':'" + config + "','Layers':['nothing']}]")),
        docker(
            "layer of other content",
            "promised",
            a ->
                a.files()
                    .replaceAll((n, c) -> n.endsWith("layer.tar") ? new TarBuilder().build() : c)),
        docker("no images", "1 to", a -> dockerManifest(a, "[]")),
        docker("too many images", "1 to", a -> dockerManifest(a, "[" + "{},".repeat(20) + "{}]")),
        docker(
            "tag with a digest",
            "digest",
            a ->
                dockerManifest(
                    a,
                    "[{'Config':'"
                        + config
                        + "','RepoTags':['a@sha256:"
                        + "0".repeat(64)
                        + "'],'Layers':['"
                        + LayoutBuilder.sha256(LAYER).hex()
                        + "/layer.tar']}]")),
        docker(
            "a tag that is a path",
            "reference",
            a ->
                dockerManifest(
                    a,
                    "[{'Config':'"
                        + config
                        + "','RepoTags':['../../etc/passwd:1'],'Layers':['"
                        + LayoutBuilder.sha256(LAYER).hex()
                        + "/layer.tar']}]")),
        docker("manifest that is no array", "array", a -> dockerManifest(a, "{}")));
  }
}
