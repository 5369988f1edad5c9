package dev.stockade.shim.image;

import static dev.stockade.shim.image.HostileLayers.layer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Tar headers whose numbers and lengths lie, after each of which a reader may be astray. */
final class HostileHeaders {
  private static final String STORED = "another number of bytes than its map has";

  private HostileHeaders() {}

  static Stream<HostileCase> all() {
    return Stream.of(extended(), numbers(), sparse(), swallowing(), sparseButNoFile())
        .flatMap(s -> s);
  }

  /** An entry behind one extended header of these bytes. */
  private static HostileCase pax(String what, String message, String records) {
    return layer(
        what,
        message,
        (t, out) -> {
          byte[] bytes = records.getBytes(StandardCharsets.UTF_8);
          return t.lying('x', "pax", bytes.length, bytes).file("victim", "x");
        });
  }

  private static Stream<HostileCase> extended() {
    return Stream.of(
        pax("pax length of zero", "", "0 path=x\n"),
        pax("pax length that is negative", "", "-5 path=x\n"),
        pax("pax length beyond 32 bits", "", "4294967307 path=x\n"),
        pax("pax length beyond 64 bits", "", "18446744073709551627 path=x\n"),
        pax("pax length of letters", "", "ten path=x\n"),
        pax("pax without an equals sign", "", "11 pathxxx\n"),
        pax("pax without an end of line", "", "10 path=xx"),
        layer(
            "pax size beyond 64 bits",
            "",
            (t, out) -> t.pax("size", "18446744073709551617").file("x", "y")),
        layer("pax size that is negative", "", (t, out) -> t.pax("size", "-1").file("x", "y")),
        layer("pax size of letters", "", (t, out) -> t.pax("size", "0x1").file("x", "y")),
        layer(
            "pax time of a billion digits",
            "",
            (t, out) -> t.pax("mtime", "1e999999999").file("x", "y")),
        layer(
            "pax time beyond all calendars",
            "",
            (t, out) -> t.pax("mtime", "99999999999999999999").file("x", "y")),
        layer(
            "pax link path out",
            "is absolute",
            (t, out) -> t.pax("linkpath", out + "/secret").hardLink("h", "first")),
        layer(
            "pax link path upwards",
            "contains ..",
            (t, out) -> t.pax("linkpath", "../../../secret").hardLink("h", "first")),
        layer(
            "two pax headers of one entry",
            "two headers of type \"x\"",
            (t, out) -> {
              byte[] first = utf8("10 path=a\n");
              return t.lying('x', "pax", first.length, first).pax("path", "b").file("c", "");
            }),
        layer(
            "two long names of one entry",
            "two headers of type \"L\"",
            (t, out) ->
                t.lying('L', "././@LongLink", 2, utf8("a\0"))
                    .lying('L', "././@LongLink", 2, utf8("b\0"))
                    .file("c", "")),
        layer(
            "a pax header of Solaris",
            "where its header ends",
            (t, out) -> {
              byte[] record = utf8("10 path=a\n");
              return t.lying('X', "pax", record.length, record).file("b", "");
            }));
  }

  private static Stream<HostileCase> numbers() {
    return Stream.of(
        layer(
            "a size that is negative",
            "",
            (t, out) -> t.raw(patched(header("x", 1), 124, new byte[] {(byte) 0xff, (byte) 0xff}))),
        layer(
            "a size that is no number",
            "",
            (t, out) -> t.raw(patched(header("x", 1), 124, utf8("!!!!!!!!!!!")))),
        layer(
            "a checksum that is wrong",
            "wrong checksum",
            (t, out) -> {
              byte[] header = header("x", 0);
              header[0] = 'y';
              return t.raw(header);
            }),
        layer(
            "a device of negative numbers",
            "",
            (t, out) -> t.pax("SCHILY.devmajor", "-1").device('3', "d", 1, 1)),
        layer(
            "a device beyond what Linux has",
            "",
            (t, out) -> t.pax("SCHILY.devmajor", "4096").device('3', "d", 1, 1)),
        layer(
            "a prefix upwards",
            "contains ..",
            (t, out) -> t.raw(patched(header("x", 0), 345, utf8("../..")))),
        layer(
            "a prefix that is absolute",
            "is absolute",
            (t, out) -> t.raw(patched(header("x", 0), 345, utf8("/etc")))),
        layer(
            "a mode that is no number",
            "",
            (t, out) -> t.raw(patched(header("x", 0), 100, utf8("rwxr-x")))),
        layer(
            "a directory with a size", "", (t, out) -> t.lying('5', "d", 1L << 40, new byte[512])));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] header(String name, int size) {
    return new TarBuilder().block('0', name, "", size).unfinished();
  }

  /** The header with other bytes at an offset and the checksum of the whole. */
  static byte[] patched(byte[] header, int at, byte[] bytes) {
    byte[] changed = header.clone();
    System.arraycopy(bytes, 0, changed, at, bytes.length);
    Arrays.fill(changed, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : changed) {
      sum += b & 0xff;
    }
    byte[] octal = String.format("%06o\0 ", sum).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(octal, 0, changed, 148, octal.length);
    return changed;
  }

  private static HostileCase sparse(String what, String map) {
    return sparse(what, "", "hole", map);
  }

  private static HostileCase sparse(String what, String message, String name, String map) {
    return layer(
        what,
        message,
        (t, out) ->
            t.pax("GNU.sparse.major", "1")
                .pax("GNU.sparse.minor", "0")
                .pax("GNU.sparse.name", name)
                .pax("GNU.sparse.realsize", "1000")
                .file(
                    "x", Arrays.copyOf(LayoutBuilder.utf8(map), map.length() <= 512 ? 512 : 1024)));
  }

  private static HostileCase stored(String what, String map, String content) {
    return layer(
        what,
        STORED,
        (t, out) ->
            t.pax("GNU.sparse.size", "1000")
                .pax("GNU.sparse.numblocks", "2")
                .pax("GNU.sparse.map", map)
                .file("hole", content));
  }

  private static Stream<HostileCase> sparse() {
    return Stream.of(
        sparse("a sparse name upwards", "contains ..", "../../hole", "1\n0\n0\n"),
        sparse("a sparse name that is absolute", "is absolute", "/etc/hole", "1\n0\n0\n"),
        sparse("a sparse map without end", "1000000000\n"),
        sparse("a sparse map of negative places", "1\n-5\n0\n"),
        sparse("a sparse map of letters", "1\nx\ny\n"),
        sparse("a sparse map beyond the content", "1\n0\n100000\n"),
        sparse("a sparse map that overlaps", "2\n0\n400\n10\n400\n"),
        layer(
            "a sparse file of another tar than GNU's",
            "is sparse and has no map",
            (t, out) -> t.entry('S', "hole", "", new byte[0])),
        stored("a sparse file that stores more than its map has", "0,1,1000,0", "xy"),
        stored("a sparse file that stores less than its map has", "0,3,1000,0", "xy"),
        sparse(
            "a sparse file with a block beside its map",
            STORED,
            "hole",
            "1\n1000\n0\n" + "\0".repeat(600)));
  }

  /** A sparse file that stores nothing and would be filled from the entries behind it. */
  private static Stream<HostileCase> swallowing() {
    return Stream.of(
        swallowing("a sparse map of nothing", t -> empty(t).file("hole", "")),
        swallowing(
            "a sparse map of nothing before the content",
            t ->
                t.pax("GNU.sparse.major", "1")
                    .pax("GNU.sparse.minor", "0")
                    .pax("GNU.sparse.name", "hole")
                    .pax("GNU.sparse.realsize", "512")
                    .file("x", Arrays.copyOf(utf8("1\n0\n0\n"), 512))),
        swallowing("a sparse header of nothing", t -> t.raw(oldSparse("hole", 512, 0, "", false))),
        swallowing(
            "a sparse header whose map a pax header takes away",
            t -> {
              byte[] record = utf8("13 comment=a\n");
              return t.lying('x', "pax", record.length, record)
                  .raw(oldSparse("hole", 512, 0, piece(0, 512), false));
            }),
        swallowing(
            "a sparse file in star's form",
            t -> t.pax("SCHILY.filetype", "sparse").pax("SCHILY.realsize", "512").file("hole", "")),
        layer(
            "a sparse map that ends before its file",
            "map ends before it",
            (t, out) ->
                t.pax("GNU.sparse.size", "1000")
                    .pax("GNU.sparse.numblocks", "1")
                    .pax("GNU.sparse.map", "0,1")
                    .file("hole", "x")),
        layer(
            "a sparse map that goes backwards",
            "overlap or are out of order",
            (t, out) ->
                t.pax("GNU.sparse.size", "1000")
                    .pax("GNU.sparse.numblocks", "2")
                    .pax("GNU.sparse.map", "999,1,0,1")
                    .file("hole", "xy")),
        layer(
            "a sparse map that would be read twice",
            "where its header ends",
            (t, out) ->
                t.lying('L', "././@LongLink", 2, utf8("n\0"))
                    .raw(oldSparse("hole", 1024, 1024, piece(0, 0), true))
                    .raw(Arrays.copyOf(utf8(piece(0, 1024)), 512))
                    .raw(Arrays.copyOf(utf8(piece(0, 0)), 512))
                    .raw(new byte[512])));
  }

  private static HostileCase swallowing(String what, UnaryOperator<TarBuilder> hole) {
    return layer(
        what, "is sparse", (t, out) -> hole.apply(t).file("swallowed", "").file("last", ""));
  }

  private static TarBuilder empty(TarBuilder tar) {
    return tar.pax("GNU.sparse.size", "512")
        .pax("GNU.sparse.numblocks", "1")
        .pax("GNU.sparse.map", "0,0");
  }

  /** A header of a sparse file in GNU tar's old form. */
  static byte[] oldSparse(String name, long size, long stored, String map, boolean extended) {
    byte[] header = new TarBuilder().block('S', name, "", stored).unfinished();
    header = patched(header, 257, utf8("ustar  \0"));
    header = patched(header, 386, utf8(map));
    header = patched(header, 482, new byte[] {(byte) (extended ? 1 : 0)});
    return patched(header, 483, utf8(String.format("%011o\0", size)));
  }

  static String piece(long offset, long bytes) {
    return String.format("%011o\0%011o\0", offset, bytes);
  }

  /** What has no content, and would be passed over by the size of the file it is not. */
  private static Stream<HostileCase> sparseButNoFile() {
    return Stream.of(
        noFile("a sparse hard link", t -> t.hardLink("h", "first")),
        noFile("a sparse symbolic link", t -> t.symlink("l", "first")),
        noFile("a sparse character device", t -> t.device('3', "d", 1, 3)),
        noFile("a sparse block device", t -> t.device('4', "d", 8, 0)),
        noFile("a sparse fifo", t -> t.entry('6', "f", "", new byte[0])),
        noFile("a sparse directory", t -> t.directory("d")),
        noFile("a sparse directory by its name", t -> t.file("d/", "")),
        noFile("a sparse whiteout", t -> t.file("a/.wh.b", "")),
        noFile("a sparse opaque mark", t -> t.file("a/.wh..wh..opq", "")),
        noFile("a sparse file of housekeeping", t -> t.file(".wh..wh.plnk/1", "")),
        layer(
            "a sparse directory whose map is an entry",
            "where its header ends",
            (t, out) ->
                t.pax("GNU.sparse.major", "1")
                    .pax("GNU.sparse.minor", "0")
                    .pax("GNU.sparse.name", "d")
                    .pax("GNU.sparse.realsize", "0")
                    .directory("d")
                    .raw(patched(header("0\n", 0), 100, new byte[8]))
                    .file("last", "")));
  }

  private static HostileCase noFile(String what, UnaryOperator<TarBuilder> entry) {
    return layer(
        what,
        "is sparse and no file",
        (t, out) ->
            entry
                .apply(
                    t.pax("GNU.sparse.size", "512")
                        .pax("GNU.sparse.numblocks", "1")
                        .pax("GNU.sparse.map", "0,512"))
                .file("swallowed", "")
                .file("last", ""));
  }
}
