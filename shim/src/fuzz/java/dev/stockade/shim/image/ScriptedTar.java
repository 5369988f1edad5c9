package dev.stockade.shim.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * A tar made as bytes say, sound wherever they do not say otherwise: any bytes make one, and to
 * change a few of them changes an entry, not a checksum.
 */
final class ScriptedTar {
  private static final int MOST_ENTRIES = 200;
  private static final int HEADER = 512;
  private static final int NAME = 100;
  private static final int SPARSE_AT = 386;
  private static final int SPARSE_BYTES = 24;
  private static final int SPARSE_EXTENDED_AT = 482;
  private static final int REAL_SIZE_AT = 483;

  /** From here on a byte is a length or a type of its own, and no choice. */
  private static final int OWN = 0xe0;

  private static final String TYPES = "0000000055555551112223467S\0xgLKDMNVX";

  private static final long[] NUMBERS = {
    0,
    1,
    2,
    511,
    512,
    513,
    1024,
    4096,
    65536,
    1 << 20,
    1L << 31,
    (1L << 32) - 2,
    (1L << 32) - 1,
    1L << 33,
    1L << 53,
    1L << 54,
    Long.MAX_VALUE
  };

  private static final List<String> KEYS =
      List.of(
          "path",
          "linkpath",
          "size",
          "uid",
          "gid",
          "mtime",
          "atime",
          "comment",
          "hdrcharset",
          "SCHILY.xattr.user.a",
          "SCHILY.xattr.user.",
          "SCHILY.xattr.security.capability",
          "SCHILY.xattr.security.selinux",
          "SCHILY.xattr.trusted.overlay.opaque",
          "SCHILY.devmajor",
          "SCHILY.devminor",
          "SCHILY.realsize",
          "SCHILY.filetype",
          "GNU.sparse.major",
          "GNU.sparse.minor",
          "GNU.sparse.name",
          "GNU.sparse.realsize",
          "GNU.sparse.size",
          "GNU.sparse.numblocks",
          "GNU.sparse.offset",
          "GNU.sparse.numbytes",
          "GNU.sparse.map");

  private final ByteBuffer script;
  private final List<String> names = new ArrayList<>();
  private final TarBuilder tar = new TarBuilder();

  /**
   * Nothing yet.
   *
   * @param outside an absolute path to aim at
   */
  private ScriptedTar(byte[] script, String outside) {
    this.script = ByteBuffer.wrap(script);
    names.addAll(List.of("a", "b", "d/", "d", "d/a", "d/e/", "d/e/f", "l", "l/a", "./", "."));
    names.addAll(List.of(".wh.a", "d/.wh.a", ".wh.d", ".wh..wh..opq", "d/.wh..wh..opq"));
    names.addAll(List.of(".wh..wh.plnk/a", "..", "../a", "d/../../a", "/", "/a", "", "d//a"));
    names.add("sparse");
    names.addAll(List.of(outside, outside + "/secret", "../../bystander/secret"));
  }

  static byte[] of(byte[] script, String outside) {
    return new ScriptedTar(script, outside).write();
  }

  private byte[] write() {
    for (int i = 0; i < MOST_ENTRIES && script.hasRemaining(); i++) {
      switch (next() % 8) {
        case 0, 1, 2, 3 -> entry();
        case 4 -> pax('x');
        case 5 -> extended(next() % 2 == 0 ? 'L' : 'K', value());
        case 6 -> pax(next() % 8 == 0 ? 'g' : 'x');
        default -> tar.raw(new byte[HEADER * (next() % 3)]);
      }
    }
    return next() % 8 == 1 ? tar.unfinished() : tar.build();
  }

  private void entry() {
    char type = type();
    byte[] name = name();
    byte[] link = name();
    byte[] content = next() % 2 == 0 ? new byte[0] : value();
    TarBuilder block = new TarBuilder().mode(next() << 4).mtime((long) next() << 24);
    if (next() % 8 == 1) {
      block.owner(number(), number());
    }
    byte[] header = block.block(type, "", "", size(content)).unfinished();
    header = HostileHeaders.patched(header, 0, name);
    header = HostileHeaders.patched(header, 157, link);
    if (type == 'S') {
      header = sparse(header);
    }
    while (next() % 16 == 1) {
      header = patched(header);
    }
    tar.raw(header).content(content);
  }

  private long size(byte[] content) {
    return next() % 8 == 1 ? number() : content.length;
  }

  /** GNU tar's old form: pieces in the header, and in further blocks. */
  private byte[] sparse(byte[] header) {
    byte[] changed = HostileHeaders.patched(header, 257, ascii("ustar  \0"));
    for (int i = 0; i < next() % 5; i++) {
      changed = HostileHeaders.patched(changed, SPARSE_AT + i * SPARSE_BYTES, octal(number()));
      changed = HostileHeaders.patched(changed, SPARSE_AT + i * SPARSE_BYTES + 12, octal(number()));
    }
    changed = HostileHeaders.patched(changed, REAL_SIZE_AT, octal(number()));
    return HostileHeaders.patched(changed, SPARSE_EXTENDED_AT, new byte[] {(byte) (next() % 2)});
  }

  /** Anything anywhere, also in the magic; the checksum is right all the same. */
  private byte[] patched(byte[] header) {
    int at = (next() << 8 | next()) % HEADER;
    byte[] bytes = own(next() % 16);
    return at + bytes.length > HEADER ? header : HostileHeaders.patched(header, at, bytes);
  }

  private void pax(char type) {
    StringBuilder records = new StringBuilder();
    for (int left = 1 + next() % 4; left > 0; left--) {
      records.append(record());
    }
    extended(type, records.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Each character is a byte. */
  private String record() {
    int choice = next();
    String key = choice >= OWN ? text(own(choice - OWN)) : KEYS.get(choice % KEYS.size());
    String body = " " + key + "=" + text(value()) + "\n";
    int length = body.length() + 1;
    while (Integer.toString(length).length() + body.length() != length) {
      length++;
    }
    return (next() % 16 == 1 ? number() : length) + body;
  }

  private void extended(char type, byte[] content) {
    tar.lying(type, "x", size(content), content);
  }

  private char type() {
    int choice = next();
    return choice >= OWN ? (char) next() : TYPES.charAt(choice % TYPES.length());
  }

  private byte[] name() {
    int choice = next();
    byte[] name =
        choice >= OWN
            ? own(choice - OWN)
            : names.get(choice % names.size()).getBytes(StandardCharsets.UTF_8);
    return name.length <= NAME ? name : java.util.Arrays.copyOf(name, NAME);
  }

  private byte[] value() {
    int choice = next();
    if (choice >= OWN) {
      return own((choice - OWN) << 5);
    }
    return switch (choice % 5) {
      case 0 -> own(next() % 32);
      case 1 -> ascii(Long.toString(number()));
      case 2 -> name();
      case 3 -> numbers(",");
      default -> numbers("\n");
    };
  }

  private byte[] numbers(String separator) {
    StringJoiner joined = new StringJoiner(separator, "", separator.isBlank() ? separator : "");
    for (int left = next() % 8; left > 0; left--) {
      joined.add(Long.toString(number()));
    }
    return ascii(joined.toString());
  }

  private long number() {
    int choice = next();
    return choice >= OWN ? next() : NUMBERS[choice % NUMBERS.length];
  }

  /** At most what is left. */
  private byte[] own(int length) {
    byte[] bytes = new byte[Math.min(length, script.remaining())];
    script.get(bytes);
    return bytes;
  }

  /** 0 at the end, which asks for nothing unusual. */
  private int next() {
    return script.hasRemaining() ? script.get() & 0xff : 0;
  }

  private static byte[] octal(long value) {
    return ascii(String.format("%011o\0", value & ((1L << 33) - 1)));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
