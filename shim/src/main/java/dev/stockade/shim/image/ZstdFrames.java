package dev.stockade.shim.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;

/**
 * A zstd stream without its skippable frames, which the decoder does not know but writers of
 * seekable layers put between and behind the others. Anything else passes as it is, for the decoder
 * to judge. Source: RFC 8878, section 3.1.
 */
final class ZstdFrames extends InputStream {
  private static final int MAGIC = 0xfd2fb528;
  private static final int SKIPPABLE = 0x184d2a50;
  private static final int SKIPPABLE_MASK = 0xfffffff0;
  private static final int[] DICTIONARY_ID = {0, 1, 2, 4};
  private static final int[] CONTENT_SIZE = {0, 2, 4, 8};
  private static final int RLE = 1;

  private final InputStream in;
  private Stage stage = Stage.FRAME;
  private boolean checksum;

  /** Bytes read to look at, and how many of the stream follow them unlooked at. */
  private byte[] looked = new byte[0];

  private int given;
  private long passing;

  private enum Stage {
    FRAME,
    BLOCK,
    CHECKSUM,
    /** No zstd any more. */
    UNKNOWN
  }

  ZstdFrames(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    while (given == looked.length && passing == 0 && stage != Stage.UNKNOWN) {
      if (!next()) {
        return -1;
      }
    }
    if (given < looked.length) {
      int count = Math.min(length, looked.length - given);
      System.arraycopy(looked, given, target, offset, count);
      given += count;
      return count;
    }
    if (stage == Stage.UNKNOWN) {
      return in.read(target, offset, length);
    }
    int count = in.read(target, offset, (int) Math.min(length, passing));
    passing -= Math.max(0, count);
    return count;
  }

  /** Looks at the next part; false at the end of the stream. */
  private boolean next() throws IOException {
    switch (stage) {
      case FRAME -> {
        byte[] magic = in.readNBytes(4);
        if (magic.length == 0) {
          return false;
        }
        frame(magic);
      }
      case BLOCK -> block();
      case CHECKSUM -> {
        passing = 4;
        stage = Stage.FRAME;
      }
      case UNKNOWN -> {}
    }
    return true;
  }

  private void frame(byte[] magic) throws IOException {
    int number = magic.length == 4 ? littleEndian(magic, 4) : 0;
    if ((number & SKIPPABLE_MASK) == SKIPPABLE) {
      in.skipNBytes(littleEndian(exactly(4), 4) & 0xffff_ffffL);
      return;
    }
    if (number != MAGIC) {
      look(magic);
      stage = Stage.UNKNOWN;
      return;
    }
    byte[] descriptor = exactly(1);
    int flags = descriptor[0] & 0xff;
    boolean singleSegment = (flags & 0x20) != 0;
    int contentSize = CONTENT_SIZE[flags >> 6] + (singleSegment && flags >> 6 == 0 ? 1 : 0);
    checksum = (flags & 0x04) != 0;
    look(magic, descriptor);
    passing = (singleSegment ? 0L : 1L) + DICTIONARY_ID[flags & 0x03] + contentSize;
    stage = Stage.BLOCK;
  }

  private void block() throws IOException {
    byte[] header = exactly(3);
    int number = littleEndian(header, 3);
    boolean last = (number & 1) != 0;
    look(header);
    passing = (number >> 1 & 3) == RLE ? 1L : number >>> 3;
    if (last) {
      stage = checksum ? Stage.CHECKSUM : Stage.FRAME;
    }
  }

  private byte[] exactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("a zstd frame is cut off");
    }
    return bytes;
  }

  private void look(byte[]... parts) {
    byte[] all = new byte[0];
    for (byte[] part : parts) {
      int end = all.length;
      all = Arrays.copyOf(all, end + part.length);
      System.arraycopy(part, 0, all, end, part.length);
    }
    looked = all;
    given = 0;
  }

  private static int littleEndian(byte[] bytes, int length) {
    int value = 0;
    for (int i = 0; i < length; i++) {
      value |= (bytes[i] & 0xff) << (8 * i);
    }
    return value;
  }
}
