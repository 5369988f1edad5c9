package dev.stockade.shim.cli.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/** Cuts the bytes of a log file into records. Keeps what follows the last line feed for later. */
final class RecordSplitter {
  /** Far above what runtimes write (16 KiB); a longer line is damaged and skipped. */
  static final int MAX_LINE = 1 << 20;

  private byte[] line = new byte[32 << 10];
  private int length;
  private boolean skipping;
  private long damaged;

  /** Takes further bytes and hands on every record that is complete. */
  void take(ByteBuffer bytes, Consumer<LogRecord> sink) {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      if (next == '\n') {
        end(sink);
      } else if (!skipping) {
        append(next);
      }
    }
  }

  /** Forgets an unfinished line: the file it began in was replaced. */
  void restart() {
    length = 0;
    skipping = false;
  }

  /** How many lines were no records. */
  long damaged() {
    return damaged;
  }

  private void append(byte next) {
    if (length == MAX_LINE) {
      skipping = true;
      return;
    }
    if (length == line.length) {
      line = Arrays.copyOf(line, line.length * 2);
    }
    line[length++] = next;
  }

  private void end(Consumer<LogRecord> sink) {
    if (skipping) {
      damaged++;
    } else {
      LogRecord.parse(line, length).ifPresentOrElse(sink, () -> damaged++);
    }
    restart();
  }
}
