package dev.stockade.shim.cli.log;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Writes records as the container wrote them: standard output to one stream, standard error to
 * another, pieces joined, bytes unchanged.
 */
public final class LogPrinter implements Consumer<LogRecord> {
  private final Side out;
  private final Side err;
  private final boolean timestamps;

  /** A printer; {@code prefix} stands before every line, as the name of one of many containers. */
  public LogPrinter(OutputStream out, OutputStream err, String prefix, boolean timestamps) {
    byte[] head = prefix.getBytes(StandardCharsets.UTF_8);
    this.out = new Side(out, head);
    this.err = new Side(err, head);
    this.timestamps = timestamps;
  }

  @Override
  public void accept(LogRecord record) {
    Side side = record.error() ? err : out;
    try {
      side.write(record, timestamps);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Passes on what was written. */
  public void flush() throws IOException {
    out.stream.flush();
    err.stream.flush();
  }

  /** One of the two streams and whether its last line is still open. */
  private static final class Side {
    private final OutputStream stream;
    private final byte[] prefix;
    private boolean open;

    Side(OutputStream stream, byte[] prefix) {
      this.stream = stream;
      this.prefix = prefix;
    }

    void write(LogRecord record, boolean timestamps) throws IOException {
      if (!open) {
        stream.write(prefix);
        if (timestamps) {
          stream.write((record.time() + " ").getBytes(StandardCharsets.US_ASCII));
        }
      }
      stream.write(record.content());
      if (record.endsLine()) {
        stream.write('\n');
      }
      open = !record.endsLine();
    }
  }
}
