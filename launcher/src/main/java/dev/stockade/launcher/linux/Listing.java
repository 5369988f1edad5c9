package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The names of a directory, getdents64(2). */
public final class Listing {
  private static final int BUFFER = 32 * 1024;

  private Listing() {}

  /**
   * One name.
   *
   * @param kind empty where the file system does not say
   */
  public record Name(String name, Optional<FileKind> kind) {}

  /** A name as the kernel keeps it: bytes of no particular encoding. */
  static final class Raw {
    private final byte[] name;
    private final Optional<FileKind> kind;

    private Raw(byte[] name, Optional<FileKind> kind) {
      this.name = name;
      this.kind = kind;
    }

    byte[] name() {
      return name;
    }

    Optional<FileKind> kind() {
      return kind;
    }
  }

  static List<Name> read(Fd directory, int limit, String label) throws SyscallException {
    List<Name> names = new ArrayList<>();
    for (Raw raw : readRaw(directory, limit, label)) {
      names.add(new Name(new String(raw.name(), StandardCharsets.UTF_8), raw.kind()));
    }
    return names;
  }

  /** All names, or EFBIG when there are more than the limit. */
  static List<Raw> readRaw(Fd directory, int limit, String label) throws SyscallException {
    List<Raw> names = new ArrayList<>();
    while (readSome(directory, names, label)) {
      if (names.size() > limit) {
        throw new SyscallException(
            "getdents64", Errno.EFBIG, label, "more than " + limit + " names");
      }
    }
    return names;
  }

  /** The next names in the file system's order; false at the end. */
  static boolean readSome(Fd directory, List<Raw> names, String label) throws SyscallException {
    return readSome(directory, names, BUFFER, label);
  }

  /** As {@link #readSome(Fd, List, String)}, of so many bytes as the kernel counts them. */
  static boolean readSome(Fd directory, List<Raw> names, int bytes, String label)
      throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = directory.use()) {
      Scratch.Piece piece = scratch.uninitialised(bytes);
      int length =
          (int)
              Kernel.check(
                  Kernel.call(Syscall.GETDENTS64, use.number(), piece.address(), bytes),
                  Syscall.GETDENTS64,
                  label);
      for (int at = 0; at < length; at += piece.getShort(at + 16)) {
        add(piece, at, names);
      }
      return length > 0;
    }
  }

  private static void add(Scratch.Piece piece, int at, List<Raw> names) {
    int start = at + 19;
    int end = start;
    while (piece.getByte(end) != 0) {
      end++;
    }
    byte[] name = piece.bytes(start, end - start);
    boolean dots = (name.length == 1 && name[0] == '.') || isParent(name);
    if (!dots) {
      int type = piece.getByte(at + 18);
      names.add(new Raw(name, type == 0 ? Optional.empty() : Optional.of(FileKind.of(type << 12))));
    }
  }

  private static boolean isParent(byte[] name) {
    return name.length == 2 && name[0] == '.' && name[1] == '.';
  }
}
