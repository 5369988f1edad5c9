package dev.stockade.shim.image;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Names in the staging directory, each given once; the directory is emptied when the store opens.
 */
final class StagingNames {
  private final AtomicLong last = new AtomicLong();

  String next() {
    return StoreLayout.STAGING + "/" + last.incrementAndGet();
  }
}
