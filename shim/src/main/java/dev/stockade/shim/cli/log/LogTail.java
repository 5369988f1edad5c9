package dev.stockade.shim.cli.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Keeps the last lines of output, whole, and lets go of what is before them. A line counts when it
 * ends; pieces of the streams' unfinished lines are kept besides.
 */
final class LogTail implements Consumer<LogRecord> {
  /** Most bytes kept, so that lines without an end cannot use up the memory. */
  static final long MAX_BYTES = 64 << 20;

  private final Deque<LogRecord> kept = new ArrayDeque<>();
  private final long lines;
  private long ends;
  private long bytes;

  LogTail(long lines) {
    this.lines = lines;
  }

  @Override
  public void accept(LogRecord record) {
    kept.addLast(record);
    bytes += record.content().length;
    if (record.endsLine()) {
      ends++;
    }
    while (ends > lines || bytes > MAX_BYTES) {
      drop();
    }
  }

  /** Hands on what is kept, and keeps nothing. */
  void release(Consumer<LogRecord> sink) {
    kept.forEach(sink);
    kept.clear();
    ends = 0;
    bytes = 0;
  }

  private void drop() {
    LogRecord oldest = kept.removeFirst();
    bytes -= oldest.content().length;
    if (oldest.endsLine()) {
      ends--;
    }
  }
}
