package dev.stockade.shim.record;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Names that at most one pod (or container) carries at a time.
 *
 * <p>The kubelet repeats a request whose answer it did not get, under the same name; the repetition
 * waits for the first to end instead of making a second pod or failing at once.
 */
public final class NameReservations<N> {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** The holder's id; an entry whose holder is not settled yet belongs to a request under way. */
  private final Map<N, Holder> holders = new HashMap<>();

  /**
   * Takes the name for this id, or finds out who holds it.
   *
   * @param patience how long to wait for a request under way that holds the name
   * @return empty when the name is now this id's; the holder otherwise
   */
  public Optional<Holder> claim(N name, String id, Duration patience) throws InterruptedException {
    long nanos = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (true) {
        Holder holder = holders.putIfAbsent(name, new Holder(id, false));
        if (holder == null) {
          return Optional.empty();
        }
        if (holder.settled() || nanos <= 0) {
          return Optional.of(holder);
        }
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The request that claimed the name succeeded: the name stays taken until {@link #release}. */
  public void settle(N name, String id) {
    replace(name, id, new Holder(id, true));
  }

  /** The name is free again; nothing happens when another id holds it. */
  public void release(N name, String id) {
    replace(name, id, null);
  }

  /**
   * Takes the name at recovery, when no request can be under way. Returns false when it was taken
   * already.
   */
  public boolean restore(N name, String id) {
    lock.lock();
    try {
      return holders.putIfAbsent(name, new Holder(id, true)) == null;
    } finally {
      lock.unlock();
    }
  }

  private void replace(N name, String id, @Nullable Holder next) {
    lock.lock();
    try {
      holders.computeIfPresent(name, (key, held) -> held.id().equals(id) ? next : held);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A wait long enough for any request of the kubelet, which gives up after four minutes itself.
   */
  public static Duration patience() {
    return Duration.ofNanos(TimeUnit.MINUTES.toNanos(2));
  }

  /** Who holds a name; settled when the request that took it has succeeded. */
  public record Holder(String id, boolean settled) {}
}
