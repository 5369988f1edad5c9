package dev.stockade.shim.image;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Layers that no honest writer makes, each with what its refusal must say. */
final class HostileLayers {
  private HostileLayers() {}

  static Stream<HostileCase> all() {
    return Stream.of(names(), links(), values(), sizes()).flatMap(s -> s);
  }

  /**
   * One layer.
   *
   * @param entries adds them; the path is that of a directory that none may reach
   */
  static HostileCase layer(
      String what, String message, BiFunction<TarBuilder, Path, TarBuilder> entries) {
    return HostileCase.layer(what, message, entries);
  }

  static Stream<HostileCase> names() {
    return Stream.of(
        layer(
            "absolute file", "\"/etc/passwd\" is absolute", (t, out) -> t.file("/etc/passwd", "x")),
        layer("absolute directory", "is absolute", (t, out) -> t.directory("/")),
        layer("dot dot in front", "\"../x\" contains ..", (t, out) -> t.file("../x", "x")),
        layer("dot dot within", "contains ..", (t, out) -> t.directory("a").file("a/../../x", "x")),
        layer("dot dot at the end", "contains ..", (t, out) -> t.directory("a/..")),
        layer(
            "dot dot by pax", "contains ..", (t, out) -> t.pax("path", "a/../../x").file("x", "x")),
        layer("dot dot whiteout", "contains ..", (t, out) -> t.file("../.wh.secret", "")),
        layer("whiteout of dot dot", "whiteout of no name", (t, out) -> t.file("a/.wh...", "")),
        layer("whiteout of dot", "whiteout of no name", (t, out) -> t.file(".wh..", "")),
        layer("whiteout of nothing", "whiteout of no name", (t, out) -> t.file("a/.wh.", "")),
        layer("whiteout that is a directory", "whiteout", (t, out) -> t.directory(".wh.a")),
        layer("whiteout that is a link", "whiteout", (t, out) -> t.symlink(".wh.a", "x")),
        layer(
            "component too long", "255", (t, out) -> t.pax("path", "n".repeat(256)).file("x", "")),
        layer("path too long", "4095", (t, out) -> t.pax("path", "a/".repeat(2100)).file("x", "")),
        layer(
            "path too deep",
            "256",
            (t, out) -> t.pax("path", "a/".repeat(300) + "b").file("x", "")),
        layer("NUL in a name", "NUL", (t, out) -> t.pax("path", "a\0b").file("x", "")),
        layer(
            "name that is no UTF-8",
            "UTF-8",
            (t, out) -> t.pax("path", new byte[] {'a', (byte) 0xff}).file("x", "")),
        layer("a file as root", "root", (t, out) -> t.file(".", "x")),
        layer("a link as root", "root", (t, out) -> t.symlink("./", "/etc")),
        layer("opaque that is a directory", "whiteout", (t, out) -> t.directory("d/.wh..wh..opq")),
        layer(
            "opaque that is a link",
            "whiteout",
            (t, out) -> t.symlink("d/.wh..wh..opq", out.toString())),
        layer(
            "a name that a terminal would obey",
            "\\u001b[2J",
            (t, out) -> t.file("../\u001b[2J\u0007\n", "x")),
        layer(
            "a file that a trailing slash makes a directory",
            "has content",
            (t, out) -> t.file("d/", "x")),
        layer("a whiteout with content", "has content", (t, out) -> t.file("a/.wh.b", "x")),
        layer("opaque with content", "has content", (t, out) -> t.file("a/.wh..wh..opq", "x")),
        layer(
            "a directory of housekeeping with content",
            "has content",
            (t, out) -> t.entry('5', ".wh..wh.plnk", "", new byte[] {1})),
        layer(
            "a whiteout that is a hard link with content",
            "has content",
            (t, out) -> t.entry('1', "a/.wh.b", "c", new byte[] {1})));
  }

  static Stream<HostileCase> links() {
    return Stream.of(
        layer(
            "file through a symbolic link",
            "\"l/secret\"",
            (t, out) -> t.symlink("l", out.toString()).file("l/secret", "x")),
        layer(
            "file through a link to the parent",
            "symbolic link",
            (t, out) -> t.symlink("l", "..").file("l/x", "x")),
        layer(
            "file through two links",
            "symbolic link",
            (t, out) -> t.symlink("a", "b").symlink("b", out.toString()).file("a/secret", "x")),
        layer(
            "file deep through a link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).file("l/a/b/c", "x")),
        layer(
            "directory through a link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).directory("l/new")),
        layer(
            "whiteout through a link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).file("l/.wh.secret", "")),
        layer(
            "opaque through a link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).file("l/.wh..wh..opq", "")),
        layer(
            "hard link out by absolute name",
            "absolute",
            (t, out) -> t.hardLink("h", out + "/secret")),
        layer("hard link out by dot dot", "contains ..", (t, out) -> t.hardLink("h", "../x")),
        layer(
            "hard link through a symbolic link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).hardLink("h", "l/secret")),
        layer(
            "hard link to nothing",
            "no file of this layer",
            (t, out) -> t.hardLink("h", "nothing")),
        layer(
            "hard link to a directory",
            "no file of this layer",
            (t, out) -> t.directory("d").hardLink("h", "d")),
        layer("hard link to itself", "itself", (t, out) -> t.file("h", "x").hardLink("h", "h")),
        layer(
            "hard link to what it replaces",
            "replaces",
            (t, out) -> t.file("d/x", "x").hardLink("d", "d/x")),
        layer(
            "hard link to a whiteout",
            "no file of this layer",
            (t, out) -> t.file(".wh.w", "").hardLink("h", "w")),
        layer("entry below a file", "REGULAR", (t, out) -> t.file("f", "x").file("f/x", "x")),
        layer(
            "entry below a device",
            "CHARACTER_DEVICE",
            (t, out) -> t.device('3', "n", 1, 3).file("n/x", "x")),
        layer("link to an empty name", "empty", (t, out) -> t.symlink("l", "")),
        layer(
            "file through links in a circle",
            "symbolic link",
            (t, out) -> t.symlink("a", "b").symlink("b", "a").file("a/x", "x")),
        layer(
            "file through a link to the daemon's own root",
            "symbolic link",
            (t, out) -> t.symlink("l", "/proc/self/root" + out).file("l/secret", "x")),
        layer(
            "file through a link to a descriptor",
            "symbolic link",
            (t, out) -> t.symlink("l", "/proc/self/fd/3").file("l/x", "x")),
        layer(
            "device through a link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).device('4', "l/disk", 8, 0)),
        layer(
            "fifo through a link",
            "symbolic link",
            (t, out) -> t.symlink("l", out.toString()).entry('6', "l/f", "", new byte[0])),
        layer(
            "hard link below a file",
            "REGULAR",
            (t, out) -> t.file("f", "x").hardLink("f/h", "first")),
        layer(
            "hard link of a link's target",
            "no file of this layer",
            (t, out) -> t.symlink("l", out + "/secret").hardLink("h", "secret")));
  }

  static Stream<HostileCase> values() {
    return Stream.of(
        layer("uid that means no change", "uid", (t, out) -> t.owner(4294967295L, 0).file("x", "")),
        layer("uid that wraps to root", "uid", (t, out) -> t.owner(1L << 32, 0).file("x", "")),
        layer("gid that wraps to root", "gid", (t, out) -> t.owner(0, 1L << 40).file("x", "")),
        layer("uid that is no number", "0x0", (t, out) -> t.pax("uid", "0x0").file("x", "")),
        layer("uid that is negative", "uid", (t, out) -> t.pax("uid", "-1").file("x", "")),
        layer("whiteout as a device", "0:0", (t, out) -> t.device('3', "x", 0, 0)),
        layer("unknown type", "type \"V\"", (t, out) -> t.entry('V', "x", "", new byte[0])),
        layer("multi-volume", "type \"M\"", (t, out) -> t.entry('M', "x", "", new byte[0])),
        layer("global path", "global", (t, out) -> t.globalPax("path", "etc/passwd").file("x", "")),
        layer("global size", "global", (t, out) -> t.globalPax("size", "0").file("x", "y")),
        layer(
            "capability too large",
            "security.capability",
            (t, out) -> t.pax("SCHILY.xattr.security.capability", new byte[25]).file("x", "")),
        layer(
            "too many attributes",
            "attributes",
            (t, out) -> {
              for (int i = 0; i < 65; i++) {
                t.pax("SCHILY.xattr.user." + i, "x");
              }
              return t.file("x", "");
            }),
        layer(
            "attribute of no name",
            "\"x\"",
            (t, out) -> t.pax("SCHILY.xattr.user.", "v").file("x", "")),
        layer(
            "attribute of a name too long",
            "too large",
            (t, out) -> t.pax("SCHILY.xattr.user." + "n".repeat(251), "v").file("x", "")),
        layer(
            "attribute too large",
            "too large",
            (t, out) -> t.pax("SCHILY.xattr.user.v", new byte[(64 << 10) + 1]).file("x", "")),
        layer(
            "attribute the kernel refuses",
            "\"x\"",
            (t, out) -> t.pax("SCHILY.xattr.security.capability", "abc").file("x", "")));
  }

  static Stream<HostileCase> sizes() {
    return Stream.of(
        layer(
            "more promised than there", "", (t, out) -> t.lying('0', "x", 100_000, new byte[512])),
        layer(
            "more promised than allowed",
            "layer_bytes",
            (t, out) -> t.lying('0', "x", 1L << 40, new byte[512])),
        layer(
            "too large",
            "layer_bytes",
            (t, out) -> t.file("a", new byte[600_000]).file("b", new byte[600_000])),
        layer(
            "too many entries",
            "layer_entries",
            (t, out) -> {
              for (int i = 0; i < 1001; i++) {
                t.file("f" + i, "");
              }
              return t;
            }),
        layer(
            "too many implied directories",
            "layer_entries",
            (t, out) -> {
              for (int i = 0; i < 20; i++) {
                t.pax("path", i + "/" + "d/".repeat(100) + "f").file("f", "");
              }
              return t;
            }),
        layer(
            "sparse beyond the limit",
            "layer_bytes",
            (t, out) ->
                t.pax("GNU.sparse.major", "1")
                    .pax("GNU.sparse.minor", "0")
                    .pax("GNU.sparse.name", "huge")
                    .pax("GNU.sparse.realsize", "2000000000")
                    .file("x", Arrays.copyOf(LayoutBuilder.utf8("1\n2000000000\n0\n"), 512))),
        layer(
            "sparse beyond all numbers",
            "9223372036854775807",
            (t, out) ->
                t.pax("GNU.sparse.major", "1")
                    .pax("GNU.sparse.minor", "0")
                    .pax("GNU.sparse.name", "huge")
                    .pax("GNU.sparse.realsize", "9223372036854775807")
                    .file(
                        "x",
                        Arrays.copyOf(LayoutBuilder.utf8("1\n9223372036854775807\n0\n"), 512))),
        layer(
            "headers without end",
            "headers of one entry",
            (t, out) -> {
              byte[] record = paxFiller();
              for (int i = 0; i < 600; i++) {
                t.lying('x', "pax", record.length, record);
              }
              return t.file("x", "");
            }),
        layer(
            "name of a gigabyte",
            "headers of one entry",
            (t, out) -> t.lying('L', "././@LongLink", 1L << 30, new byte[512 << 10])),
        layer(
            "link name of a gigabyte",
            "headers of one entry",
            (t, out) -> t.lying('K', "././@LongLink", 1L << 30, new byte[512 << 10])),
        layer("pax cut off", "", (t, out) -> t.lying('x', "pax", 1L << 30, new byte[512])),
        layer(
            "pax length that lies",
            "",
            (t, out) -> {
              byte[] record = "999 path=x\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
              return t.lying('x', "pax", record.length, record).file("y", "");
            }));
  }

  private static byte[] paxFiller() {
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes(LayoutBuilder.utf8("500 comment="));
    record.writeBytes(new byte[500 - 13]);
    record.write('\n');
    return record.toByteArray();
  }
}
