package dev.stockade.shim.image;

import java.util.Optional;

/**
 * A layer of an image that is on this node.
 *
 * @param number from the lowest, which is 0
 * @param place where it is unpacked and verified, not known yet; empty when it is known
 * @param implied what is to be settled before it may be known
 */
record ArrivedLayer(
    int number, UnpackedLayer facts, Optional<String> place, ImpliedDirectories implied) {

  /** Its tree, relative to the store. */
  String content() {
    return place
        .map(staged -> staged + "/" + StoreLayout.CONTENT)
        .orElseGet(() -> StoreLayout.content(facts.chainId()));
  }

  ArrivedLayer known() {
    return new ArrivedLayer(number, facts, Optional.empty(), implied);
  }
}
