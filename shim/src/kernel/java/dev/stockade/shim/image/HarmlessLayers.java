package dev.stockade.shim.image;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Layers that aim at the host and are taken nevertheless, because they miss. */
final class HarmlessLayers {
  private HarmlessLayers() {}

  private static HostileCase layers(
      String what, String message, Function<Path, List<TarBuilder>> layers) {
    return new HostileCase(
        what,
        message,
        false,
        false,
        out ->
            LayoutBuilder.of(
                HostileDocuments.REFERENCE,
                layers.apply(out).stream().map(TarBuilder::build).toArray(byte[][]::new)));
  }

  private static HostileCase layer(String what, Function<Path, TarBuilder> entries) {
    return layers(what, "", out -> List.of(entries.apply(out)));
  }

  static Stream<HostileCase> all() {
    return Stream.of(overLinks(), overOthers(), attributes()).flatMap(s -> s);
  }

  /** CVE-2021-32760, CVE-2025-47290 and their kind: what a link leads to is not written to. */
  private static Stream<HostileCase> overLinks() {
    return Stream.of(
        layer(
            "a file over a link out",
            out -> new TarBuilder().symlink("l", out + "/secret").mode(0777).file("l", "pwned")),
        layer(
            "a directory over a link out",
            out -> new TarBuilder().symlink("l", out.toString()).mode(0777).directory("l")),
        layer(
            "a device over a link out",
            out -> new TarBuilder().symlink("l", out + "/secret").device('3', "l", 1, 3)),
        layer(
            "a whiteout of a link out",
            out -> new TarBuilder().symlink("l", out.toString()).file(".wh.l", "")),
        layer(
            "a hard link to a link out, and a file over it",
            out ->
                new TarBuilder()
                    .symlink("l", out + "/secret")
                    .hardLink("h", "l")
                    .mode(0777)
                    .file("h", "pwned")),
        layer(
            "a hard link over a link out",
            out ->
                new TarBuilder().file("f", "x").symlink("l", out + "/secret").hardLink("l", "f")),
        layers(
            "a file beneath what is a link out in the layer below",
            "",
            out ->
                List.of(
                    new TarBuilder().symlink("d", out.toString()),
                    new TarBuilder().file("d/secret", "pwned"))),
        layers(
            "a whiteout beneath what is a link out in the layer below",
            "",
            out ->
                List.of(
                    new TarBuilder().symlink("d", out.toString()),
                    new TarBuilder().file("d/.wh.secret", ""))),
        layers(
            "an opaque directory where the layer below has a link out",
            "",
            out ->
                List.of(
                    new TarBuilder().symlink("d", out.toString()),
                    new TarBuilder().file("d/.wh..wh..opq", ""))));
  }

  private static Stream<HostileCase> overOthers() {
    return Stream.of(
        layer(
            "content for the device that is there",
            out -> new TarBuilder().device('4', "disk", 8, 0).file("disk", "pwned")),
        layer(
            "content for the fifo that is there",
            out -> new TarBuilder().entry('6', "f", "", new byte[0]).file("f", "pwned")),
        layer(
            "nodes of the host's memory and disks",
            out ->
                new TarBuilder()
                    .mode(0666)
                    .device('3', "dev/mem", 1, 1)
                    .device('3', "dev/kmsg", 1, 11)
                    .device('4', "dev/sda", 8, 0)),
        layer(
            "a thousand names of one inode",
            out -> {
              TarBuilder tar = new TarBuilder().file("f", "x");
              for (int i = 0; i < 900; i++) {
                tar.hardLink("h" + i, "f");
              }
              return tar;
            }),
        layer(
            "a set-id file of root's",
            out -> new TarBuilder().owner(0, 0).mode(06777).file("suid", "#!/bin/sh\n")),
        layer(
            "names that a terminal or a shell would obey",
            out ->
                new TarBuilder()
                    .file("\u001b[2J", "x")
                    .file("a\nb", "x")
                    .file("$(touch pwned)", "x")
                    .file("-rf", "x")),
        layer(
            "files under the names of the store's own files",
            out ->
                new TarBuilder()
                    .file("layer.json", "{}")
                    .file("skeleton", "x")
                    .symlink("fs", out.toString())
                    .file("times", "x")),
        layer("a layer of nothing", out -> new TarBuilder()));
  }

  /** Marks of overlayfs, labels and ACLs are the node's: the image's are left out. */
  private static Stream<HostileCase> attributes() {
    return Stream.of(
            "trusted.overlay.redirect",
            "trusted.overlay.metacopy",
            "trusted.overlay.opaque",
            "user.overlay.opaque",
            "security.selinux",
            "security.ima",
            "system.posix_acl_access")
        .map(
            name ->
                layer(
                    "attribute " + name,
                    out ->
                        new TarBuilder()
                            .pax("SCHILY.xattr." + name, out + "/secret")
                            .file("f", "x")));
  }

  private static HostileCase passwd(
      String what, String message, Function<Path, TarBuilder> entries) {
    return layers(what, message, out -> List.of(entries.apply(out)));
  }

  /** CVE-2026-47262, CVE-2025-4437, CVE-2024-9676: the user database of an image. */
  static Stream<HostileCase> users() {
    return Stream.of(
        passwd(
            "a fifo as passwd",
            "/etc/passwd",
            out -> new TarBuilder().entry('6', "etc/passwd", "", new byte[0])),
        passwd(
            "a terminal as passwd",
            "CHARACTER_DEVICE",
            out -> new TarBuilder().device('3', "etc/passwd", 5, 0)),
        passwd(
            "a device without end as passwd",
            "CHARACTER_DEVICE",
            out -> new TarBuilder().device('3', "etc/passwd", 1, 5)),
        passwd(
            "a directory as passwd", "DIRECTORY", out -> new TarBuilder().directory("etc/passwd")),
        passwd(
            "links in a circle as passwd",
            "ELOOP",
            out -> new TarBuilder().symlink("etc/passwd", "group").symlink("etc/group", "passwd")),
        passwd(
            "the host's passwd by an absolute link",
            "no user app",
            out -> new TarBuilder().symlink("etc/passwd", out + "/secret")),
        passwd(
            "the host's passwd by a link upwards",
            "no user app",
            out -> new TarBuilder().symlink("etc/passwd", "../../../../../.." + out + "/secret")),
        passwd(
            "the daemon's own files as etc",
            "no user app",
            out -> new TarBuilder().symlink("etc", "/proc/self/root/etc")),
        passwd(
            "a fifo as group",
            "/etc/group",
            out -> new TarBuilder().entry('6', "etc/group", "", new byte[0])));
  }
}
