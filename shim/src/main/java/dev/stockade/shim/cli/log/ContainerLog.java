package dev.stockade.shim.cli.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A container's log, read from its beginning to its present end and on as it grows. */
public final class ContainerLog implements Closeable {
  private final Path path;
  private final RecordSplitter splitter = new RecordSplitter();
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
  private @Nullable FileChannel channel;
  private @Nullable Object openedKey;

  /** The log whose present file is {@code path}; nothing is opened yet. */
  public ContainerLog(Path path) {
    this.path = path;
  }

  /** Reads the files that were renamed away before, oldest first. */
  public void readRotated(Consumer<LogRecord> sink) throws IOException {
    for (Path file : LogFiles.rotated(path)) {
      try (InputStream bytes = LogFiles.open(file)) {
        byte[] block = new byte[64 << 10];
        for (int n = bytes.read(block); n >= 0; n = bytes.read(block)) {
          splitter.take(ByteBuffer.wrap(block, 0, n), sink);
        }
      } catch (NoSuchFileException e) {
        // Rotation removed or compressed it since the directory was read.
      }
    }
  }

  /**
   * Reads on to the present end, over to a new file where the old one was renamed away.
   *
   * @return whether there was anything
   * @throws NoSuchFileException if there has been no file yet
   */
  public boolean readOn(Consumer<LogRecord> sink) throws IOException {
    if (channel == null) {
      open();
    }
    boolean any = drain(sink);
    if (replaced()) {
      // What came between the last read and the renaming; the writer is done with this file.
      drain(sink);
      open();
      drain(sink);
      return true;
    }
    return any;
  }

  /** The last lines only: what {@link #readRotated} and {@link #readOn} would give, cut. */
  public void readTail(long lines, Consumer<LogRecord> sink) throws IOException {
    LogTail tail = new LogTail(lines);
    readRotated(tail);
    readOn(tail);
    tail.release(sink);
  }

  /** How many lines were no records and left out. */
  public long damaged() {
    return splitter.damaged();
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  private void open() throws IOException {
    FileChannel next = LogFiles.channel(path);
    close();
    splitter.restart();
    channel = next;
    openedKey = key();
  }

  private boolean drain(Consumer<LogRecord> sink) throws IOException {
    FileChannel source = Objects.requireNonNull(channel);
    if (source.size() < source.position()) {
      // Cut short in place by whoever rotates by copying.
      source.position(0);
      splitter.restart();
    }
    boolean any = false;
    while (source.read(buffer.clear()) > 0) {
      splitter.take(buffer.flip(), sink);
      any = true;
    }
    return any;
  }

  private boolean replaced() throws IOException {
    return Files.exists(path) && !Objects.equals(key(), openedKey);
  }

  private @Nullable Object key() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return openedKey;
    }
  }
}
