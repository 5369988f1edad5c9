package dev.stockade.launcher.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A classic BPF program as seccomp(2) takes it: instructions of 8 bytes, little-endian (both
 * supported machines are), at most {@link #MAX_LENGTH} of them. Immutable; equal programs have
 * equal bytes.
 */
public final class BpfProgram {
  /** BPF_MAXINSNS of linux/bpf_common.h. */
  public static final int MAX_LENGTH = 4096;

  private final byte[] bytes;

  private BpfProgram(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A program made elsewhere; whether it is a valid one is for {@link BpfVerifier} to say.
   *
   * @param bytes whole instructions; copied
   * @throws IllegalArgumentException if the length is 0, no multiple of 8, or over the limit
   */
  public static BpfProgram of(byte[] bytes) {
    int length = bytes.length / BpfInstruction.SIZE;
    if (length == 0 || bytes.length % BpfInstruction.SIZE != 0 || length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          bytes.length + " bytes are not 1 to " + MAX_LENGTH + " BPF instructions of 8 bytes");
    }
    return new BpfProgram(bytes.clone());
  }

  static BpfProgram of(List<BpfInstruction> instructions) {
    ByteBuffer out =
        ByteBuffer.allocate(instructions.size() * BpfInstruction.SIZE)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (BpfInstruction i : instructions) {
      out.putShort((short) i.code()).put((byte) i.jt()).put((byte) i.jf()).putInt(i.k());
    }
    return of(out.array());
  }

  /** A copy of the {@code struct sock_filter} array. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The number of instructions. */
  public int length() {
    return bytes.length / BpfInstruction.SIZE;
  }

  /** {@code sha256:} and the lower-case hexadecimal SHA-256 of {@link #bytes()}. */
  public String digest() {
    return sha256(bytes);
  }

  BpfInstruction instruction(int index) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = index * BpfInstruction.SIZE;
    return new BpfInstruction(
        Short.toUnsignedInt(in.getShort(at)),
        Byte.toUnsignedInt(in.get(at + 2)),
        Byte.toUnsignedInt(in.get(at + 3)),
        in.getInt(at + 4));
  }

  static String sha256(byte[] data) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(data);
      return "sha256:" + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BpfProgram program && Arrays.equals(bytes, program.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return length() + " BPF instructions, " + digest();
  }
}
