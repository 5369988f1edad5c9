package dev.stockade.launcher.plan;

import dev.stockade.launcher.seccomp.BpfProgram;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The strings and blobs of a plan. */
final class PlanTable {
  /** Strings may share bytes; this bounds what reading all of them costs. */
  private static final int SCAN_MAX = 4 << 20;

  private static final int STRINGS_MAX = 16_384;
  private static final int GROUPS_MAX = 65_536;

  private final ByteBuffer bytes;
  private final int start;
  private final int length;
  private int scanned;

  PlanTable(ByteBuffer bytes, int start) {
    this.bytes = bytes;
    this.start = start;
    this.length = bytes.limit() - start;
  }

  private static long offset(long word) {
    return word >>> Integer.SIZE;
  }

  private static long count(long word) {
    return word & 0xffff_ffffL;
  }

  /** The one string at the word's place, of the word's length. */
  String string(long word, int at) throws PlanFormatException {
    String text = stringAt(offset(word), at);
    if (text.getBytes(StandardCharsets.UTF_8).length != count(word)) {
      throw new PlanFormatException(at, "a string of another length");
    }
    return text;
  }

  List<String> strings(long word, int at) throws PlanFormatException {
    if (count(word) > STRINGS_MAX || offset(word) > length) {
      throw new PlanFormatException(at, "too many strings, or outside the table");
    }
    List<String> strings = new ArrayList<>();
    long next = offset(word);
    for (int i = 0; i < count(word); i++) {
      String text = stringAt(next, at);
      next += text.getBytes(StandardCharsets.UTF_8).length + 1L;
      strings.add(text);
    }
    return List.copyOf(strings);
  }

  private String stringAt(long offset, int at) throws PlanFormatException {
    if (offset >= length) {
      throw new PlanFormatException(at, "a string outside the table");
    }
    int from = start + (int) offset;
    int end = from;
    while (end < start + length && bytes.get(end) != 0) {
      end++;
    }
    scanned += end - from + 1;
    if (end == start + length || scanned > SCAN_MAX) {
      throw new PlanFormatException(
          at, "a string without an end, or strings that cost too much to read");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.slice(from, end - from)).toString();
    } catch (CharacterCodingException e) {
      throw new PlanFormatException(at, "a string that is not UTF-8");
    }
  }

  private ByteBuffer blob(long word, int at) throws PlanFormatException {
    if (offset(word) % PlanFormat.WORD != 0
        || offset(word) > length
        || count(word) > length - offset(word)) {
      throw new PlanFormatException(at, "a blob outside the table or not aligned");
    }
    return bytes.slice(start + (int) offset(word), (int) count(word)).order(bytes.order());
  }

  BpfProgram program(long word, int at) throws PlanFormatException {
    ByteBuffer blob = blob(word, at);
    byte[] program = new byte[blob.remaining()];
    blob.get(program);
    try {
      return BpfProgram.of(program);
    } catch (IllegalArgumentException e) {
      throw new PlanFormatException(
          at, "a program of no whole number of instructions, or of too many");
    }
  }

  List<Long> ids(long word, int at) throws PlanFormatException {
    ByteBuffer blob = blob(word, at);
    if (blob.remaining() % Integer.BYTES != 0 || blob.remaining() / Integer.BYTES > GROUPS_MAX) {
      throw new PlanFormatException(at, "no list of at most " + GROUPS_MAX + " ids");
    }
    List<Long> ids = new ArrayList<>();
    while (blob.hasRemaining()) {
      ids.add(Integer.toUnsignedLong(blob.getInt()));
    }
    return List.copyOf(ids);
  }
}
