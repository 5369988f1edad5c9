package dev.stockade.shim.registry;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.PullProgress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadFactory;

/** Pulls images into the store; who asks for the same in the same way waits for the same pull. */
public final class Pulls {
  private final ImageStore store;
  private final RegistryHosts hosts;
  private final Duration patience;
  private final int layersAtOnce;
  private final ThreadFactory threads;
  private final ConcurrentMap<Key, SharedPull> running = new ConcurrentHashMap<>();

  /** With other credentials it is another pull: nobody gets what he may not. */
  private record Key(ImageReference reference, Credentials credentials) {}

  /**
   * Pulls for one store.
   *
   * @param patience how long a transfer may make no progress
   * @param layersAtOnce of one image
   */
  public Pulls(ImageStore store, RegistryHosts hosts, Duration patience, int layersAtOnce) {
    this(store, hosts, patience, layersAtOnce, Thread::new);
  }

  Pulls(
      ImageStore store,
      RegistryHosts hosts,
      Duration patience,
      int layersAtOnce,
      ThreadFactory threads) {
    this.store = store;
    this.hosts = hosts;
    this.patience = patience;
    this.layersAtOnce = layersAtOnce;
    this.threads = threads;
  }

  /** Pulls an image, or waits for somebody else's pull of it. */
  public Image pull(ImageReference reference, Credentials credentials, Call call)
      throws ImageException, RegistryException, InterruptedException {
    return pull(reference, credentials, call, new PullProgress());
  }

  /**
   * As the other.
   *
   * @param progress shows how far the pull is, whoever's it is
   */
  public Image pull(
      ImageReference reference, Credentials credentials, Call call, PullProgress progress)
      throws ImageException, RegistryException, InterruptedException {
    Key key = new Key(reference, credentials);
    SharedPull own =
        new SharedPull(
            reference.toString(),
            progress,
            pulling -> perform(reference, credentials, pulling, progress),
            threads);
    SharedPull pull =
        Objects.requireNonNull(
            running.compute(key, (same, other) -> other != null && other.join() ? other : own));
    try {
      progress.follow(pull.progress());
      if (pull == own) {
        own.start();
      }
      return pull.await(call);
    } finally {
      if (pull.leave()) {
        running.remove(key, pull);
      }
    }
  }

  private Image perform(
      ImageReference reference, Credentials credentials, Call call, PullProgress progress)
      throws ImageException, RegistryException, InterruptedException {
    RegistryClient client = RegistryClient.of(reference, hosts, credentials, patience, call);
    return store.pull(reference, client, progress, layersAtOnce);
  }
}
