package dev.stockade.shim.cli;

import dev.stockade.launcher.linux.TerminalSize;
import dev.stockade.v1.LayerStage;
import dev.stockade.v1.PulledLayer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * A bar for each layer, drawn over the ones before. Lines are never as wide as the terminal and
 * never more than it shows, because what has wrapped or scrolled away cannot be drawn over. Source:
 * ECMA-48, CUU, EL and ED.
 */
final class PullBars extends PullView {
  private static final TerminalSize USUAL = new TerminalSize(80, 24);
  private static final String NARROWER = "\033[K\n";
  private static final String FEWER = "\033[J";
  private static final int LONGEST_BAR = 40;
  private static final int SHORTEST_BAR = 5;
  private static final int SIZES = 17;

  private final Output output;
  private final String image;
  private List<String> drawn = List.of();

  PullBars(Output output, String image) {
    this.output = output;
    this.image = image.replaceAll("[^\\x20-\\x7e]", "?");
  }

  @Override
  void show(Collection<PulledLayer> layers) {
    TerminalSize size = output.screen().get().orElse(USUAL);
    draw(lines(layers, size), size);
  }

  private List<String> lines(Collection<PulledLayer> layers, TerminalSize size) {
    int width = Math.max(1, size.columns() - 1);
    List<String> lines = new ArrayList<>();
    lines.add(cut(heading(layers), width));
    // One row for the heading and one for the cursor; what is under way goes first.
    layers.stream()
        .sorted(Comparator.comparing(PullBars::isOver))
        .limit(Math.max(0, size.rows() - 2))
        .sorted(Comparator.comparing(PulledLayer::getNumber))
        .forEach(layer -> lines.add(cut(line(layer, width), width)));
    return lines;
  }

  private static boolean isOver(PulledLayer layer) {
    return layer.getStage() == LayerStage.LAYER_DONE || layer.getStage() == LayerStage.LAYER_THERE;
  }

  private String heading(Collection<PulledLayer> layers) {
    long over = layers.stream().filter(PullBars::isOver).count();
    return image + ": " + over + " of " + layers.size() + " layers";
  }

  private static String line(PulledLayer layer, int width) {
    String label = "  " + label(layer) + "  ";
    String state = state(layer);
    int bar = Math.min(LONGEST_BAR, width - label.length() - SIZES - 4);
    return bar < SHORTEST_BAR || layer.getStage() == LayerStage.LAYER_THERE
        ? label + state
        : label + "[" + bar(layer, bar) + "]  " + state;
  }

  private static String state(PulledLayer layer) {
    return switch (layer.getStage()) {
      case LAYER_WAITING, UNRECOGNIZED -> "waiting";
      case LAYER_THERE -> "there already";
      case LAYER_ARRIVING ->
          layer.getReceived() < layer.getSize()
              ? ByteSize.of(layer.getReceived()) + "/" + ByteSize.of(layer.getSize())
              : "unpacking";
      case LAYER_UNPACKED -> "unpacked";
      case LAYER_DONE -> "done, " + ByteSize.of(layer.getSize());
    };
  }

  private static String bar(PulledLayer layer, int width) {
    double part =
        layer.getSize() == 0 ? 1 : Math.min(1, (double) layer.getReceived() / layer.getSize());
    boolean begun = layer.getStage() != LayerStage.LAYER_WAITING;
    int filled = begun ? (int) (part * width) : 0;
    return "=".repeat(filled) + " ".repeat(width - filled);
  }

  private static String cut(String line, int width) {
    return line.length() <= width ? line : line.substring(0, width);
  }

  /** Writes everything at once and only the lines that differ, so that nothing flickers. */
  private void draw(List<String> lines, TerminalSize size) {
    if (lines.equals(drawn)) {
      return;
    }
    StringBuilder text = new StringBuilder();
    int rows = drawn.stream().mapToInt(line -> rows(line, size)).sum();
    boolean wrapped = rows != drawn.size();
    if (rows > 0) {
      text.append("\033[").append(Math.min(rows, Math.max(1, size.rows() - 1))).append("A\r");
    }
    if (wrapped) {
      text.append(FEWER);
    }
    for (int i = 0; i < lines.size(); i++) {
      boolean same = !wrapped && i < drawn.size() && drawn.get(i).equals(lines.get(i));
      text.append(same ? "\n" : lines.get(i) + NARROWER);
    }
    output.err().print(text.append(FEWER));
    output.err().flush();
    drawn = lines;
  }

  /** A terminal that was made narrower shows a line in several rows. */
  private static int rows(String line, TerminalSize size) {
    return Math.max(1, (line.length() + size.columns() - 1) / size.columns());
  }
}
