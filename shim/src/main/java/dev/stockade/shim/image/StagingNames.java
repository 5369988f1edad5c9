package dev.stockade.shim.image;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Names in the staging directory, each given once; the directory is emptied when the store opens.
 */
final class StagingNames {
  private final AtomicLong last = new AtomicLong();
  private final Set<String> abandoned = ConcurrentHashMap.newKeySet();

  String next() {
    return StoreLayout.STAGING + "/" + last.incrementAndGet();
  }

  /** What has this name is not needed any more and could not be deleted. */
  void abandon(String name) {
    abandoned.add(name);
  }

  /** What has this name is gone. */
  void gone(String name) {
    abandoned.remove(name);
  }

  /** All that was abandoned and is not gone. */
  List<String> abandoned() {
    return abandoned.stream().sorted().toList();
  }
}
