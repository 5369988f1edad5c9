package dev.stockade.shim.image;

import java.util.List;
import java.util.stream.Stream;

/** Manifests, indexes and configs whose parts are not what their names say. */
final class HostileJson {
  private static final byte[] LAYER = HostileDocuments.LAYER;
  private static final String HEX = LayoutBuilder.sha256(LAYER).hex();

  private static final int VERY_MANY = 100_000;
  private static final byte[] EMPTY_ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0x20, 0, 1, 0, 0};
  private static final byte[] SKIPPED_ZSTD = {0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0};

  private HostileJson() {}

  static Stream<HostileCase> all() {
    return Stream.of(digests(), sizes(), promises(), configs(), shapes(), streams())
        .flatMap(s -> s);
  }

  /** A manifest whose only layer is this descriptor. */
  private static HostileCase layer(String what, String message, String descriptor) {
    return HostileCase.document(
        what,
        message,
        () -> {
          LayoutBuilder layout = new LayoutBuilder();
          layout.blob(LayoutBuilder.LAYER, LAYER);
          String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", LAYER));
          return layout.finish(layout.manifest(config, List.of(descriptor), ""));
        });
  }

  private static String descriptor(String digest, String size) {
    return "{'mediaType':'"
        + LayoutBuilder.LAYER
        + "','digest':'"
        + digest
        + "','size':"
        + size
        + "}";
  }

  /** CVE-2024-3727: nothing but a digest ever becomes part of a path. */
  private static Stream<HostileCase> digests() {
    String size = String.valueOf(LAYER.length);
    return Stream.of(
            "sha256:../../../../etc/passwd",
            "../../../../etc/passwd",
            "sha256:" + HEX.substring(1) + "/",
            "sha256:" + HEX.toUpperCase(java.util.Locale.ROOT),
            "sha256:" + HEX + "0",
            "sha512:" + HEX,
            "md5:d41d8cd98f00b204e9800998ecf8427e",
            "sha256:" + HEX + "\\\\n",
            "sha256:",
            "")
        .map(text -> layer("a digest that is \"" + text + "\"", "digest", descriptor(text, size)));
  }

  private static Stream<HostileCase> sizes() {
    return Stream.of("-1", "9223372036854775808", "1e3", "'" + LAYER.length + "'", "null", "0", "1")
        .map(
            size -> layer("a layer's size that is " + size, "", descriptor("sha256:" + HEX, size)));
  }

  /** An honest manifest of a config that is as given. */
  private static HostileCase config(String what, String message, String text) {
    return HostileCase.document(
        what,
        message,
        () -> {
          LayoutBuilder layout = new LayoutBuilder();
          String filled =
              text.replace("HERE", Platform.here().architecture()).replace("DIFF", "sha256:" + HEX);
          String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.utf8(filled));
          String layer = layout.blob(LayoutBuilder.LAYER, LAYER);
          return layout.finish(layout.manifest(config, List.of(layer), ""));
        });
  }

  private static Stream<HostileCase> configs() {
    String start = "{'architecture':'HERE','os':'linux',";
    String rootfs = "'rootfs':{'type':'layers','diff_ids':['DIFF']}";
    return Stream.of(
        config("a config that is a manifest", "ambiguous", start + "'layers':[]," + rootfs + "}"),
        config("a config that is an index", "ambiguous", start + "'manifests':[]," + rootfs + "}"),
        config(
            "a diff id that is a path",
            "digest",
            start + "'rootfs':{'type':'layers','diff_ids':['sha256:../../x']}}"),
        config(
            "a config of another system",
            "this node is",
            "{'architecture':'HERE','os':'windows'," + rootfs + "}"),
        config(
            "a config of another variant",
            "/v9\"; this node is",
            start + "'variant':'v9'," + rootfs + "}"),
        config(
            "more layers than one may have",
            "diff_ids",
            start + "'rootfs':{'type':'layers','diff_ids':[" + "'DIFF',".repeat(500) + "'DIFF']}}"),
        config(
            "a volume that is no path",
            "Volumes",
            start + "'config':{'Volumes':[]}," + rootfs + "}"),
        config("a config without a root", "rootfs", start + "'config':{}}"),
        config("a root of another kind", "rootfs", start + "'rootfs':{'type':'layers+base'}}"),
        config(
            "a variable without a name", "Env", start + "'config':{'Env':['=x']}," + rootfs + "}"),
        config("NUL in a command", "NUL", start + "'config':{'Cmd':['a\\u0000b']}," + rootfs + "}"),
        config("a user that is a number", "User", start + "'config':{'User':0}," + rootfs + "}"),
        config(
            "labels twice but for case",
            "ambiguous",
            start + "'config':{'Labels':{},'labels':{'a':'b'}}," + rootfs + "}"),
        config(
            "arrays in arrays without end",
            "JSON",
            start + "'x':" + "[".repeat(5000) + "]".repeat(5000) + "," + rootfs + "}"),
        config(
            "a number of a thousand digits",
            "JSON",
            start + "'x':" + "9".repeat(1000) + "," + rootfs + "}"));
  }

  /** CVE-2023-25153: what a descriptor promises is not made room for. */
  private static Stream<HostileCase> promises() {
    String digest = "','digest':'sha256:" + HEX + "','size':";
    String type = "{'mediaType':'";
    String gigabyte = String.valueOf(1L << 30);
    return Stream.of(
        HostileCase.document(
            "a manifest of a gigabyte",
            "",
            () ->
                new LayoutBuilder()
                    .finish(type + LayoutBuilder.MANIFEST + digest + gigabyte + "}")),
        HostileCase.document(
            "an index of a gigabyte",
            "",
            () -> new LayoutBuilder().finish(type + LayoutBuilder.INDEX + digest + gigabyte + "}")),
        HostileCase.document(
            "a config of a gigabyte",
            "",
            () -> {
              LayoutBuilder layout = new LayoutBuilder();
              String layer = layout.blob(LayoutBuilder.LAYER, LAYER);
              String config = type + LayoutBuilder.CONFIG + digest + gigabyte + "}";
              return layout.finish(layout.manifest(config, List.of(layer), ""));
            }));
  }

  /** CVE-2021-41190: what a document is must not depend on who reads it. */
  private static HostileCase shape(
      String what, String message, String toldType, String ownType, boolean manifest) {
    return HostileCase.document(
        what,
        message,
        () -> {
          LayoutBuilder layout = new LayoutBuilder();
          String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", LAYER));
          String layer = layout.blob(LayoutBuilder.LAYER, LAYER);
          String own = ownType.isEmpty() ? "" : "'mediaType':'" + ownType + "',";
          String body =
              manifest ? "'config':" + config + ",'layers':[" + layer + "]" : "'manifests':[]";
          byte[] document = LayoutBuilder.utf8("{'schemaVersion':2," + own + body + "}");
          return layout.finish(layout.blob(toldType, document));
        });
  }

  private static Stream<HostileCase> shapes() {
    String docker = "application/vnd.docker.distribution.manifest.v2+json";
    return Stream.of(
        shape("a manifest told as an index", "manifests", LayoutBuilder.INDEX, "", true),
        shape("an index told as a manifest", "layers", LayoutBuilder.MANIFEST, "", false),
        shape(
            "a manifest of Docker's told as one of OCI's",
            "ambiguous",
            LayoutBuilder.MANIFEST,
            docker,
            true),
        shape(
            "a manifest that says it is a layer",
            "",
            LayoutBuilder.MANIFEST,
            LayoutBuilder.LAYER,
            true),
        shape(
            "a document of schema 1",
            "",
            "application/vnd.docker.distribution.manifest.v1+json",
            "",
            true),
        shape("a document told as text", "no image", "text/plain", "", true),
        shape("a document told as nothing", "", "", "", true));
  }

  private static HostileCase stream(String what, String type, byte[] blob) {
    return stream(what, "", type, blob);
  }

  private static HostileCase stream(String what, String message, String type, byte[] blob) {
    return HostileCase.document(
        what,
        message,
        () -> {
          LayoutBuilder layout = new LayoutBuilder();
          String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", LAYER));
          String layer = layout.blob(LayoutBuilder.LAYER + type, blob);
          return layout.finish(layout.manifest(config, List.of(layer), ""));
        });
  }

  private static byte[] repeated(byte[] part) {
    byte[] whole = new byte[part.length * VERY_MANY];
    for (int at = 0; at < whole.length; at += part.length) {
      System.arraycopy(part, 0, whole, at, part.length);
    }
    return whole;
  }

  private static Stream<HostileCase> streams() {
    byte[] window = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) 0xff, 1, 0, 0};
    byte[] skippable = {0x50, 0x2a, 0x4d, 0x18, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, 1};
    byte[] size = {
      0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) 0xe0, -1, -1, -1, -1, -1, -1, -1, -1
    };
    byte[] checksum = LayoutBuilder.gzip(LAYER);
    checksum[checksum.length - 6] ^= 1;
    return Stream.of(
        stream("zstd with a window of terabytes", "+zstd", window),
        stream("zstd that skips gigabytes", "+zstd", skippable),
        stream("zstd that promises exabytes", "+zstd", size),
        stream("gzip with a wrong checksum", "+gzip", checksum),
        stream("gzip members of nothing", "+gzip", LayoutBuilder.gzip(new byte[0])),
        stream(
            "very many gzip members of nothing",
            "layer sha256:" + HEX + ": after the start: has more than 100 empty gzip members",
            "+gzip",
            repeated(LayoutBuilder.gzip(new byte[0]))),
        stream("very many zstd frames of nothing", "+zstd", repeated(EMPTY_ZSTD)),
        stream("very many zstd frames to skip", "+zstd", repeated(SKIPPED_ZSTD)),
        stream("nothing at all", "", new byte[0]));
  }
}
