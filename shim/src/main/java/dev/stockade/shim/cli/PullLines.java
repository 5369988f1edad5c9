package dev.stockade.shim.cli;

import dev.stockade.v1.LayerStage;
import dev.stockade.v1.PulledLayer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** A line for each thing that happens, for logs. */
final class PullLines extends PullView {
  private final Output output;
  private final String image;
  private final Map<Integer, LayerStage> told = new HashMap<>();

  PullLines(Output output, String image) {
    this.output = output;
    this.image = image;
  }

  @Override
  void show(Collection<PulledLayer> layers) {
    if (told.isEmpty()) {
      line(layers.size() + " layers, " + ByteSize.of(size(layers)));
    }
    for (PulledLayer layer : layers) {
      LayerStage before = told.put(layer.getNumber(), layer.getStage());
      if (layer.getStage() != before && layer.getStage() != LayerStage.LAYER_WAITING) {
        line("layer " + label(layer) + " " + words(layer));
      }
    }
  }

  private static String words(PulledLayer layer) {
    return switch (layer.getStage()) {
      case LAYER_THERE -> "is there already";
      case LAYER_ARRIVING -> "comes, " + ByteSize.of(layer.getSize());
      case LAYER_UNPACKED -> "is unpacked";
      case LAYER_DONE -> "is done";
      case LAYER_WAITING, UNRECOGNIZED -> "waits";
    };
  }

  private void line(String text) {
    output.err().println(PlainText.line(image + ": " + text));
  }
}
