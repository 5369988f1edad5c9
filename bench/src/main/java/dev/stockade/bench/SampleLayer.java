package dev.stockade.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** A layer of regular files in directories, as a tar compressed with gzip. */
final class SampleLayer {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream stored = new ByteArrayOutputStream();
  private final MessageDigest diffHash = sha256();
  private final OutputStream tar;
  private int entries;
  private long bytes;

  SampleLayer() throws IOException {
    tar = new DigestOutputStream(new GZIPOutputStream(stored, 64 << 10), diffHash);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  void directory(String name) throws IOException {
    header('5', name + "/", 0755, 0);
  }

  void file(String name, int mode, byte[] content) throws IOException {
    header('0', name, mode, content.length);
    tar.write(content);
    tar.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    bytes += content.length;
  }

  private void header(char type, String name, int mode, int size) throws IOException {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 100, octal(7, mode));
    put(header, 108, octal(7, 0));
    put(header, 116, octal(7, 0));
    put(header, 124, octal(11, size));
    put(header, 136, octal(11, 1_700_000_000L));
    put(header, 148, "        ");
    put(header, 156, String.valueOf(type));
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, octal(6, sum) + "\0 ");
    tar.write(header);
    entries++;
  }

  private static String octal(int digits, long value) {
    return String.format(Locale.ROOT, "%0" + digits + "o", value);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, header, at, ascii.length);
  }

  void finish() throws IOException {
    tar.write(new byte[2 * BLOCK]);
    tar.close();
  }

  byte[] stored() {
    return stored.toByteArray();
  }

  /** Of the tar, {@code sha256:...}. */
  String diffId() {
    return "sha256:" + HexFormat.of().formatHex(diffHash.digest());
  }

  int entries() {
    return entries;
  }

  long bytes() {
    return bytes;
  }
}
