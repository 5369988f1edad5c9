package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.SyscallException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Brings the layers of one image onto this node, several at a time. Each is unpacked while it
 * arrives, whatever the others do, and made known when all below it are.
 */
final class ImageLayers implements AutoCloseable {
  private static final long STACK_BYTES = 512 << 10;

  private final StoreState state;
  private final ImageLimits limits;
  private final FoundImage image;
  private final List<Digest> chains;
  private final ImageSource source;
  private final PullProgress progress;
  private final String staging;
  private final ExecutorService workers;
  private final AtomicInteger room = ImpliedDirectories.room();
  private final ImageBudget budget;
  private final Set<LayerClaims.Claim> claimed = ConcurrentHashMap.newKeySet();
  private final List<ArrivedLayer> known = new ArrayList<>();
  private long bytes;

  /**
   * Nothing is brought yet.
   *
   * @param staging a directory for what is not known yet, relative to the store
   * @param atOnce how many layers at a time
   */
  ImageLayers(
      StoreState state,
      ImageLimits limits,
      FoundImage image,
      List<Digest> chains,
      ImageSource source,
      PullProgress progress,
      String staging,
      int atOnce) {
    this.state = state;
    this.limits = limits;
    this.budget = new ImageBudget(limits);
    this.image = image;
    this.chains = List.copyOf(chains);
    this.source = source;
    this.progress = progress;
    this.staging = staging;
    this.workers =
        Executors.newFixedThreadPool(
            Math.max(1, Math.min(atOnce, chains.size())),
            work -> {
              Thread thread = new Thread(null, work, "layer", STACK_BYTES);
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Brings them all; returns the bytes of all layers. The first failure is the one told. */
  long bring() throws ImageException, InterruptedException {
    CompletionService<ArrivedLayer> arrivals = new ExecutorCompletionService<>(workers);
    for (int i = 0; i < chains.size(); i++) {
      int number = i;
      var unused = arrivals.submit(() -> arrive(number));
    }
    Map<Integer, ArrivedLayer> waiting = new LinkedHashMap<>();
    while (known.size() < chains.size()) {
      Future<ArrivedLayer> next = arrivals.take();
      boolean unpacked = false;
      while (next != null) {
        ArrivedLayer arrived = result(next);
        waiting.put(arrived.number(), arrived);
        unpacked |= arrived.place().isPresent();
        next = arrivals.poll();
      }
      List<ArrivedLayer> ready = new ArrayList<>();
      while (waiting.containsKey(known.size() + ready.size())) {
        ready.add(waiting.remove(known.size() + ready.size()));
      }
      if (ready.isEmpty() && unpacked) {
        // Some below are still on their way. What has come goes to disk meanwhile, not at the end.
        // What was known before is there already.
        sync();
      }
      makeKnown(ready);
    }
    return bytes;
  }

  private static ArrivedLayer result(Future<ArrivedLayer> arrival)
      throws ImageException, InterruptedException {
    try {
      return arrival.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ImageException failure) {
        throw failure;
      }
      throw new IllegalStateException("a layer cannot be brought", e.getCause());
    }
  }

  /** One layer, unless it is known already or another image brings it from the same place. */
  private ArrivedLayer arrive(int number) throws ImageException, InterruptedException {
    LayerClaims.Claim claim = claim(number);
    Optional<CountDownLatch> other = state.claims().claim(claim);
    while (other.isPresent()) {
      other.get().await();
      other = state.claims().claim(claim);
    }
    claimed.add(claim);
    Optional<UnpackedLayer> there = state.layer(claim.chainId());
    if (there.isPresent()) {
      release(claim);
      take(there.get());
      progress.reached(number, PullProgress.Stage.THERE);
      return new ArrivedLayer(number, there.get(), Optional.empty(), new ImpliedDirectories(room));
    }
    ArrivedLayer layer = unpack(number);
    progress.reached(number, PullProgress.Stage.UNPACKED);
    return layer;
  }

  private void take(UnpackedLayer known) throws ImageException {
    try {
      budget.new Share().layer(known);
    } catch (ImageException e) {
      throw e.in("layer " + known.chainId());
    }
  }

  /** Unpacks a layer; what is refused from one host may be sound from the next. */
  private ArrivedLayer unpack(int number) throws ImageException {
    FoundLayer found = image.layers().get(number);
    for (int host = 0; ; host++) {
      String place = staging + "/" + number + "." + host;
      ImpliedDirectories implied = new ImpliedDirectories(room);
      ImageBudget.Share share = budget.new Share();
      AtomicReference<InputStream> read = new AtomicReference<>(InputStream.nullInputStream());
      try {
        UnpackedLayer layer =
            new LayerStaging(state.store(), place, limits, share)
                .unpack(
                    source,
                    stored -> {
                      read.set(stored);
                      return progress.counted(number, stored);
                    },
                    found,
                    image.config().diffIds().get(number),
                    chains.get(number),
                    implied);
        return new ArrivedLayer(number, layer, Optional.of(place), implied);
      } catch (ImageException e) {
        boolean refused =
            e.kind() == ImageException.Kind.REFUSED && !Thread.currentThread().isInterrupted();
        if (!refused
            || !(read.get() instanceof Mirrored blob)
            || !blob.elsewhere(String.valueOf(e.getMessage()))) {
          throw e;
        }
        implied.forget();
        state.removeTrees(List.of(place));
        share.giveBack();
      }
    }
  }

  private LayerClaims.Claim claim(int number) {
    List<FoundLayer> layers = List.copyOf(image.layers().subList(0, number + 1));
    return new LayerClaims.Claim(source.origin(), layers, chains.get(number));
  }

  private void release(LayerClaims.Claim claim) {
    if (claimed.remove(claim)) {
      state.claims().release(claim);
    }
  }

  /** Makes layers known that are next above those known. */
  private void makeKnown(List<ArrivedLayer> ready) throws ImageException, InterruptedException {
    Map<UnpackedLayer, String> staged = new LinkedHashMap<>();
    for (ArrivedLayer layer : ready) {
      bytes += layer.facts().bytes();
      if (layer.place().isPresent()) {
        settle(layer);
        staged.put(layer.facts(), layer.place().get());
      }
      known.add(layer);
    }
    if (!staged.isEmpty()) {
      sync();
      state.addLayers(staged);
    }
    known.replaceAll(ArrivedLayer::known);
    for (ArrivedLayer layer : ready) {
      if (layer.place().isPresent()) {
        progress.reached(layer.number(), PullProgress.Stage.DONE);
      }
    }
    ready.forEach(layer -> release(claim(layer.number())));
  }

  private void settle(ArrivedLayer layer) throws ImageException, InterruptedException {
    List<String> below = new ArrayList<>();
    for (int i = known.size() - 1; i >= 0; i--) {
      below.add(known.get(i).content());
      if (known.get(i).facts().hidesBelow()) {
        break;
      }
    }
    try (Directory content = state.store().directory(layer.content())) {
      layer.implied().settle(content, new LowerLayers(state.store(), below));
    } catch (SyscallException e) {
      throw ImageException.storage("unpack layer " + layer.facts().chainId(), e);
    } catch (ImageException e) {
      throw e.in("unpack layer " + layer.facts().chainId());
    }
  }

  private void sync() throws ImageException {
    try {
      state.store().syncFileSystem();
    } catch (SyscallException e) {
      throw ImageException.storage("bring the layers of " + image.id() + " to disk", e);
    }
  }

  /** Ends what is under way and waits until nothing writes any more. */
  @Override
  public void close() {
    source.stop();
    workers.shutdownNow();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = workers.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    claimed.forEach(state.claims()::release);
    claimed.clear();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
