package dev.stockade.shim.journal;

import java.util.List;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** Gives the lines of libraries that use java.util.logging the form of ours. */
final class JournalHandler extends Handler {
  private final Formatter messages =
      new Formatter() {
        @Override
        public String format(LogRecord line) {
          return formatMessage(line);
        }
      };

  @Override
  public void publish(@Nullable LogRecord line) {
    if (line == null) {
      return;
    }
    String logger = line.getLoggerName() == null ? "" : line.getLoggerName();
    String message = line.getMessage() == null ? "" : messages.format(line);
    JournalOutput.write(
        new Line(
            line.getInstant(),
            Severity.of(line.getLevel()),
            Line.part(logger),
            message,
            List.of(),
            line.getThrown()));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
