package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * Native memory for the arguments of one call: a frame on the thread's own arena, given back by
 * {@link #close}. Requests larger than the arena get memory of their own that lives as long as the
 * frame.
 */
final class Scratch implements AutoCloseable {
  private static final int ARENA = 96 * 1024;
  private static final ThreadLocal<Arena> ARENAS = ThreadLocal.withInitial(Arena::new);

  private static final class Arena {
    private final Pointer memory = Memory.allocateDirect(Kernel.RUNTIME, ARENA);
    private final long address = memory.address();
    private int used;
  }

  /** A piece of native memory; offsets in bytes, checked. */
  static final class Piece {
    private final Pointer memory;
    private final int base;
    private final int size;
    private final long address;

    private Piece(Pointer memory, int base, int size, long address) {
      this.memory = memory;
      this.base = base;
      this.size = size;
      this.address = address;
    }

    long address() {
      return address;
    }

    int size() {
      return size;
    }

    private int at(int offset, int length) {
      if (offset < 0 || length < 0 || offset > size - length) {
        throw new IndexOutOfBoundsException(offset + " + " + length + " of " + size);
      }
      return base + offset;
    }

    Piece putByte(int offset, int value) {
      memory.putByte(at(offset, 1), (byte) value);
      return this;
    }

    Piece putShort(int offset, int value) {
      memory.putShort(at(offset, 2), (short) value);
      return this;
    }

    Piece putInt(int offset, int value) {
      memory.putInt(at(offset, 4), value);
      return this;
    }

    Piece putLong(int offset, long value) {
      memory.putLong(at(offset, 8), value);
      return this;
    }

    Piece put(int offset, byte[] bytes, int from, int length) {
      memory.put(at(offset, length), bytes, from, length);
      return this;
    }

    int getByte(int offset) {
      return memory.getByte(at(offset, 1)) & 0xff;
    }

    int getShort(int offset) {
      return memory.getShort(at(offset, 2)) & 0xffff;
    }

    int getInt(int offset) {
      return memory.getInt(at(offset, 4));
    }

    long getLong(int offset) {
      return memory.getLong(at(offset, 8));
    }

    void get(int offset, byte[] bytes, int from, int length) {
      memory.get(at(offset, length), bytes, from, length);
    }

    byte[] bytes(int offset, int length) {
      byte[] bytes = new byte[length];
      get(offset, bytes, 0, length);
      return bytes;
    }
  }

  private final Arena arena;
  private final int mark;
  private final List<Pointer> large = new ArrayList<>(0);

  private Scratch(Arena arena) {
    this.arena = arena;
    this.mark = arena.used;
  }

  static Scratch open() {
    return new Scratch(ARENAS.get());
  }

  /** Memory with undefined content, 8-byte aligned. */
  Piece uninitialised(int size) {
    int rounded = Math.addExact(size, 7) & ~7;
    if (rounded > ARENA - arena.used) {
      Pointer memory = Memory.allocateDirect(Kernel.RUNTIME, Math.max(rounded, 8));
      large.add(memory);
      return new Piece(memory, 0, size, memory.address());
    }
    int offset = arena.used;
    arena.used += rounded;
    return new Piece(arena.memory, offset, size, arena.address + offset);
  }

  Piece zeroed(int size) {
    Piece piece = uninitialised(size);
    piece.memory.setMemory(piece.base, size, (byte) 0);
    return piece;
  }

  Piece bytes(byte[] content) {
    return uninitialised(content.length).put(0, content, 0, content.length);
  }

  /** The address of the text in UTF-8 with a NUL after it. See {@link #name}. */
  long string(String text) throws SyscallException {
    return name(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The address of the bytes with a NUL after them.
   *
   * @throws SyscallException EINVAL if the bytes hold a NUL, because the kernel would see less than
   *     was checked
   */
  long name(byte[] name) throws SyscallException {
    for (byte b : name) {
      if (b == 0) {
        throw new SyscallException(
            "string", Errno.EINVAL, "", "a NUL character in a name or value");
      }
    }
    Piece piece = uninitialised(name.length + 1);
    piece.put(0, name, 0, name.length).putByte(name.length, 0);
    return piece.address();
  }

  @Override
  public void close() {
    arena.used = mark;
    large.clear();
  }
}
