package dev.stockade.shim.registry;

import dev.stockade.shim.image.Mirrored;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A blob that goes on where it stopped when the connection breaks or nothing comes for a while. It
 * never gives more than one byte beyond the size, so that whoever compares sizes notices.
 */
final class ResumedBlob extends InputStream implements Mirrored {
  private static final int TRIES = 5;
  private static final int STUCK = 2;
  private static final int SKIP = 64 << 10;

  private final Source source;
  private final long size;
  private @Nullable InputStream current;
  private long at;
  private int failures;

  /** Where it comes from. */
  interface Source {
    /** Opens the blob at a byte. */
    InputStream open(long from) throws RegistryException, InterruptedException;

    /** What was opened last gives nothing, time and again. */
    void stuck(IOException why);

    /** As {@link Mirrored#elsewhere}. */
    boolean elsewhere(String why);
  }

  ResumedBlob(Source source, long size) {
    this.source = source;
    this.size = size;
  }

  @Override
  public boolean elsewhere(String why) {
    return source.elsewhere(why);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int most = (int) Math.min(length, size + 1 - at);
    while (most > 0) {
      try {
        int count = opened().read(target, offset, most);
        if (count > 0) {
          at += count;
          failures = 0;
          return count;
        }
        if (count < 0 && at >= size) {
          return -1;
        }
        throw new IOException("ended after " + at + " of " + size + " bytes");
      } catch (RegistryException e) {
        // Who says when to come again has been asked then already.
        again(e, e.mayPass() && e.wanted().isEmpty());
      } catch (IOException e) {
        again(e, true);
      }
    }
    return length == 0 ? 0 : -1;
  }

  private InputStream opened() throws IOException {
    InputStream known = current;
    if (known != null) {
      return known;
    }
    try {
      InputStream fresh = source.open(at);
      current = fresh;
      return fresh;
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void again(IOException e, boolean mayPass) throws IOException {
    close();
    failures++;
    if (!mayPass || failures == TRIES) {
      throw e instanceof RegistryException
          ? e
          : new RegistryException(
              RegistryException.Kind.UNAVAILABLE,
              "the transfer broke off "
                  + failures
                  + " times at byte "
                  + at
                  + ": "
                  + Exchange.printable(String.valueOf(e.getMessage())),
              e);
    }
    if (failures == STUCK) {
      source.stuck(e);
    }
    try {
      Patience.pause(failures, Duration.ZERO);
    } catch (InterruptedException interruption) {
      throw interrupted();
    }
  }

  private static RegistryException interrupted() {
    Thread.currentThread().interrupt();
    return RegistryException.cancelled();
  }

  /** Passes over what was read before, where a host gives everything again. */
  static InputStream skipped(InputStream all, long count) throws IOException {
    byte[] passed = new byte[SKIP];
    for (long left = count; left > 0; ) {
      int got = all.read(passed, 0, (int) Math.min(left, SKIP));
      if (got < 0) {
        throw new IOException("is shorter than it was");
      }
      left -= got;
    }
    return all;
  }

  @Override
  public void close() throws IOException {
    InputStream known = current;
    current = null;
    if (known != null) {
      known.close();
    }
  }
}
