package dev.stockade.shim.image;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;

/**
 * Who is bringing which layer onto this node, so that a layer many images have is brought once.
 * Whoever waits for a claim of another waits for a layer of its own chain, and whoever holds one
 * waits for lower layers only, so nobody waits in a circle.
 */
final class LayerClaims {
  private final ConcurrentMap<Claim, CountDownLatch> claims = new ConcurrentHashMap<>();

  /**
   * What is waited for: the very same bytes from the same place, with all below. So nobody is as
   * slow as another's registry, or as what an image made to be slow says is a layer of others.
   *
   * @param origin as {@link ImageSource#origin}
   * @param layers up to the one that is claimed
   */
  record Claim(String origin, List<FoundLayer> layers, Digest chainId) {}

  /** Claims a layer; what to wait for when another has claimed it. */
  Optional<CountDownLatch> claim(Claim claim) {
    return Optional.ofNullable(claims.putIfAbsent(claim, new CountDownLatch(1)));
  }

  /** The layer is known now, or its claimant has given up. */
  void release(Claim claim) {
    CountDownLatch latch = claims.remove(claim);
    if (latch != null) {
      latch.countDown();
    }
  }
}
