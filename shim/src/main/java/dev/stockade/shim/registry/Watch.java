package dev.stockade.shim.registry;

import dev.stockade.shim.call.Call;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * How long somebody waits for what a host sends, and whether he still does. No body of an answer is
 * read without.
 *
 * @param patience how long nothing may come of a stream; a document has to be there whole by then
 */
record Watch(Duration patience, Call call) {
  /** A body of any length, which whoever reads it closes. */
  InputStream stream(InputStream body) {
    return new WatchedStream(body, this, false);
  }

  /**
   * The beginning of a body that is small, or all of it, so that a host that gives a byte now and
   * then does not keep its turn for ever.
   *
   * @throws RegistryException if nobody waits for it any more
   */
  byte[] document(InputStream body, int most) throws IOException {
    try (InputStream watched = new WatchedStream(body, this, true)) {
      return watched.readNBytes(most);
    }
  }
}
