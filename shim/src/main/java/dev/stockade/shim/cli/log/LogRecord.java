package dev.stockade.shim.cli.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** One record of a log: a line of output, or a piece of a long one. */
public final class LogRecord {
  /** The longest head: an RFC 3339 time with nanoseconds and offset, a stream, some tags. */
  private static final int MAX_HEAD = 128;

  private final String time;
  private final boolean error;
  private final boolean endsLine;
  private final byte[] content;

  private LogRecord(String time, boolean error, boolean endsLine, byte[] content) {
    this.time = time;
    this.error = error;
    this.endsLine = endsLine;
    this.content = content;
  }

  /** Reads one line of a log file without its line feed; empty if it is not a record. */
  static Optional<LogRecord> parse(byte[] line, int length) {
    int afterTime = blank(line, 0, length);
    int afterStream = afterTime < 0 ? -1 : blank(line, afterTime + 1, length);
    int afterTags = afterStream < 0 ? -1 : blank(line, afterStream + 1, length);
    if (afterTags < 0) {
      return Optional.empty();
    }
    String stream = text(line, afterTime + 1, afterStream);
    String tags = text(line, afterStream + 1, afterTags);
    String tag = tags.split(":", 2)[0];
    boolean known = afterTime > 0 && (stream.equals("stdout") || stream.equals("stderr"));
    if (!known || !(tag.equals("F") || tag.equals("P"))) {
      return Optional.empty();
    }
    byte[] content = Arrays.copyOfRange(line, afterTags + 1, length);
    return Optional.of(
        new LogRecord(text(line, 0, afterTime), stream.equals("stderr"), tag.equals("F"), content));
  }

  /** The time as written, RFC 3339 with nanoseconds. */
  String time() {
    return time;
  }

  /** Whether this was written to standard error. */
  boolean error() {
    return error;
  }

  /** Whether a line of output ends here. */
  boolean endsLine() {
    return endsLine;
  }

  /** The bytes as the container wrote them, without a line feed; not copied. */
  byte[] content() {
    return content;
  }

  private static int blank(byte[] line, int from, int length) {
    for (int i = from; i < Math.min(length, MAX_HEAD); i++) {
      if (line[i] == ' ') {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] line, int from, int to) {
    return new String(line, from, to - from, StandardCharsets.US_ASCII);
  }
}
