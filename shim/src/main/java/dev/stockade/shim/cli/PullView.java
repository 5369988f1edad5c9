package dev.stockade.shim.cli;

import dev.stockade.v1.PullEvent;
import dev.stockade.v1.PulledLayer;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a person sees of one pull while it goes on. */
abstract sealed class PullView permits PullView.None, PullLines, PullBars {
  private final SortedMap<Integer, PulledLayer> layers = new TreeMap<>();

  /** Bars where standard error is a terminal, else lines. */
  static PullView of(Output output, String image, boolean quiet) {
    if (quiet) {
      return new None();
    }
    return output.screen().get().isPresent()
        ? new PullBars(output, image)
        : new PullLines(output, image);
  }

  /** Takes what has changed. */
  final void take(PullEvent event) {
    if (event.getLayersCount() > 0) {
      event.getLayersList().forEach(layer -> layers.put(layer.getNumber(), layer));
      show(layers.values());
    }
  }

  /** Shows how far the layers are, all of them. */
  abstract void show(Collection<PulledLayer> layers);

  /** The beginning of a layer's digest, as far as people compare it. */
  static String label(PulledLayer layer) {
    return PlainText.line(ShortId.of(layer.getDigest()));
  }

  static long size(Collection<PulledLayer> layers) {
    return layers.stream().mapToLong(PulledLayer::getSize).sum();
  }

  /** Nothing at all. */
  static final class None extends PullView {
    @Override
    void show(Collection<PulledLayer> layers) {}
  }
}
