package dev.stockade.shim.registry;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.PullProgress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;

/** Pulls images into the store; who asks for the same in the same way waits for the same pull. */
public final class Pulls {
  private final ImageStore store;
  private final RegistryHosts hosts;
  private final Duration patience;
  private final int layersAtOnce;
  private final ConcurrentMap<Key, Running> running = new ConcurrentHashMap<>();

  /** With other credentials it is another pull: nobody gets what he may not. */
  private record Key(ImageReference reference, Credentials credentials) {}

  /** A pull under way, and how far it is. */
  private record Running(CompletableFuture<Image> image, PullProgress progress) {}

  /**
   * Pulls for one store.
   *
   * @param patience how long a transfer may make no progress
   * @param layersAtOnce of one image
   */
  public Pulls(ImageStore store, RegistryHosts hosts, Duration patience, int layersAtOnce) {
    this.store = store;
    this.hosts = hosts;
    this.patience = patience;
    this.layersAtOnce = layersAtOnce;
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
    while (true) {
      Running own = new Running(new CompletableFuture<>(), progress);
      Running other = running.putIfAbsent(key, own);
      progress.follow(other == null ? progress : other.progress());
      if (other == null) {
        return perform(key, own, call);
      }
      try {
        return other.image().get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof ImageException failure) {
          throw failure;
        }
        if (e.getCause() instanceof RegistryException failure) {
          throw failure;
        }
        // Whoever pulled has gone away; it is for the next one now.
      }
    }
  }

  private Image perform(Key key, Running running, Call call)
      throws ImageException, RegistryException, InterruptedException {
    CompletableFuture<Image> own = running.image();
    try {
      RegistryClient client =
          RegistryClient.of(key.reference(), hosts, key.credentials(), patience, call);
      Image image = store.pull(key.reference(), client, running.progress(), layersAtOnce);
      own.complete(image);
      return image;
    } catch (ImageException | RegistryException e) {
      if (call.cancelled() || Thread.interrupted()) {
        InterruptedException gone = new InterruptedException("the pull is not wanted any more");
        own.completeExceptionally(gone);
        throw gone;
      }
      own.completeExceptionally(e);
      throw e;
    } catch (InterruptedException | RuntimeException e) {
      own.completeExceptionally(e);
      throw e;
    } finally {
      this.running.remove(key, running);
    }
  }
}
