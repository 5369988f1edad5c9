package dev.stockade.shim.registry;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.PullProgress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One pull that several wait for. It goes on whoever of them goes away, and ends when nobody waits
 * any more.
 */
final class SharedPull {
  private static final long LOOK_MILLIS = 200;

  private final CompletableFuture<Image> image = new CompletableFuture<>();
  private final PullProgress progress;
  private final Thread thread;
  private int waiting = 1;

  /** The pull itself; the call is cancelled when nobody waits any more. */
  @FunctionalInterface
  interface Work {
    Image run(Call call) throws ImageException, RegistryException, InterruptedException;
  }

  /** One that somebody waits for, who starts it and leaves it. */
  SharedPull(String name, PullProgress progress, Work work, ThreadFactory threads) {
    this.progress = progress;
    this.thread = threads.newThread(() -> run(work));
    thread.setName("pull " + name);
    thread.setDaemon(true);
  }

  private void run(Work work) {
    try {
      image.complete(work.run(this::abandoned));
    } catch (ImageException
        | RegistryException
        | InterruptedException
        | RuntimeException
        | Error e) {
      image.completeExceptionally(e);
    }
  }

  private synchronized boolean abandoned() {
    return waiting == 0;
  }

  PullProgress progress() {
    return progress;
  }

  /** Who waits for it hears of it where there is no thread to be had. */
  void start() {
    try {
      thread.start();
    } catch (RuntimeException | Error e) {
      image.completeExceptionally(e);
    }
  }

  /** Waits too, unless it is over; who does so leaves it. */
  synchronized boolean join() {
    if (waiting == 0 || image.isDone()) {
      return false;
    }
    waiting++;
    return true;
  }

  /** Its image. */
  Image await(Call call) throws ImageException, RegistryException, InterruptedException {
    while (!call.cancelled()) {
      try {
        return image.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // The call is looked at again.
      } catch (ExecutionException e) {
        throw failure(e);
      }
    }
    throw new InterruptedException("the pull is not wanted any more");
  }

  private static IllegalStateException failure(ExecutionException e)
      throws ImageException, RegistryException {
    if (e.getCause() instanceof ImageException failure) {
      throw failure;
    }
    if (e.getCause() instanceof RegistryException failure) {
      throw failure;
    }
    return new IllegalStateException("a pull failed", e.getCause());
  }

  /**
   * Waits no more. The last one ends it, so that nothing of it is under way afterwards.
   *
   * @return whether this was the last one
   */
  boolean leave() {
    synchronized (this) {
      waiting--;
      if (waiting > 0) {
        return false;
      }
    }
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return true;
  }
}
