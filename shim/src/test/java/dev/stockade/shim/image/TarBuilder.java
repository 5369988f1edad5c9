package dev.stockade.shim.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Writes tar blocks byte by byte, because honest writers refuse to make what these tests need. */
public final class TarBuilder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<String, byte[]> pax = new TreeMap<>();
  private long uid;
  private long gid;
  private int mode = 0644;
  private long mtime = 1_000_000_000L;
  private int major;
  private int minor;

  public TarBuilder owner(long newUid, long newGid) {
    uid = newUid;
    gid = newGid;
    return this;
  }

  public TarBuilder mode(int newMode) {
    mode = newMode;
    return this;
  }

  TarBuilder mtime(long seconds) {
    mtime = seconds;
    return this;
  }

  /** A pax record of the next entry. */
  public TarBuilder pax(String key, byte[] value) {
    pax.put(key, value);
    return this;
  }

  TarBuilder pax(String key, String value) {
    return pax(key, value.getBytes(StandardCharsets.UTF_8));
  }

  public TarBuilder directory(String name) {
    return entry('5', name, "", new byte[0]);
  }

  public TarBuilder file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  public TarBuilder file(String name, byte[] content) {
    return entry('0', name, "", content);
  }

  public TarBuilder symlink(String name, String target) {
    return entry('2', name, target, new byte[0]);
  }

  TarBuilder hardLink(String name, String target) {
    return entry('1', name, target, new byte[0]);
  }

  TarBuilder device(char type, String name, int newMajor, int newMinor) {
    major = newMajor;
    minor = newMinor;
    entry(type, name, "", new byte[0]);
    major = 0;
    minor = 0;
    return this;
  }

  TarBuilder entry(char type, String name, String link, byte[] content) {
    if (!pax.isEmpty()) {
      byte[] records = paxRecords();
      pax.clear();
      block('x', "pax", "", records.length);
      content(records);
    }
    block(type, name, link, content.length);
    return content(content);
  }

  /** A header that promises another size than the content has. */
  TarBuilder lying(char type, String name, long size, byte[] content) {
    block(type, name, "", size);
    return content(content);
  }

  TarBuilder globalPax(String key, String value) {
    byte[] record = paxRecord(key, value.getBytes(StandardCharsets.UTF_8));
    block('g', "pax", "", record.length);
    return content(record);
  }

  TarBuilder raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  TarBuilder content(byte[] content) {
    out.writeBytes(content);
    return raw(new byte[(512 - content.length % 512) % 512]);
  }

  private byte[] paxRecords() {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    pax.forEach((key, value) -> records.writeBytes(paxRecord(key, value)));
    return records.toByteArray();
  }

  private static byte[] paxRecord(String key, byte[] value) {
    int body = key.getBytes(StandardCharsets.UTF_8).length + value.length + 3;
    int length = body + Integer.toString(body).length();
    if (Integer.toString(length).length() != Integer.toString(body).length()) {
      length++;
    }
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes((length + " " + key + "=").getBytes(StandardCharsets.UTF_8));
    record.writeBytes(value);
    record.write('\n');
    return record.toByteArray();
  }

  TarBuilder block(char type, String name, String link, long size) {
    byte[] block = new byte[512];
    put(block, 0, 100, name);
    octal(block, 100, 8, mode);
    octal(block, 108, 8, uid);
    octal(block, 116, 8, gid);
    octal(block, 124, 12, size);
    octal(block, 136, 12, mtime);
    Arrays.fill(block, 148, 156, (byte) ' ');
    block[156] = (byte) type;
    put(block, 157, 100, link);
    put(block, 257, 8, "ustar\00000");
    octal(block, 329, 8, major);
    octal(block, 337, 8, minor);
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, 8, String.format("%06o\0 ", sum));
    return raw(block);
  }

  private static void put(byte[] block, int at, int most, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > most) {
      throw new IllegalArgumentException("longer than its field: " + text);
    }
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  private static void octal(byte[] block, int at, int width, long value) {
    if (value < 1L << (3 * (width - 1))) {
      put(block, at, width, String.format("%0" + (width - 1) + "o", value));
    } else {
      block[at] = (byte) 0x80;
      for (int i = 0; i < 8; i++) {
        int place = at + width - 1 - i;
        if (place > at) {
          block[place] = (byte) (value >>> (8 * i));
        }
      }
    }
  }

  /** Makes the checksums of all headers right, so that what was changed gets past them. */
  static byte[] withChecksums(byte[] tar) {
    for (int at = 0; at + 512 <= tar.length; at += 512) {
      if (tar[at + 257] == 'u' && tar[at + 258] == 's') {
        int sum = 8 * ' ';
        for (int i = 0; i < 512; i++) {
          sum += i >= 148 && i < 156 ? 0 : tar[at + i] & 0xff;
        }
        byte[] text = String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, tar, at + 148, text.length);
      }
    }
    return tar;
  }

  /** Everything so far, without the two zero blocks at the end. */
  byte[] unfinished() {
    return out.toByteArray();
  }

  public byte[] build() {
    raw(new byte[1024]);
    return out.toByteArray();
  }
}
