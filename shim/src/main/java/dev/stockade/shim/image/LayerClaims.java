package dev.stockade.shim.image;

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
  private final ConcurrentMap<Digest, CountDownLatch> claims = new ConcurrentHashMap<>();

  /** Claims a layer; what to wait for when another has claimed it. */
  Optional<CountDownLatch> claim(Digest chainId) {
    return Optional.ofNullable(claims.putIfAbsent(chainId, new CountDownLatch(1)));
  }

  /** The layer is known now, or its claimant has given up. */
  void release(Digest chainId) {
    CountDownLatch claim = claims.remove(chainId);
    if (claim != null) {
      claim.countDown();
    }
  }
}
