package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.TerminalSize;
import dev.stockade.v1.LayerStage;
import dev.stockade.v1.PullEvent;
import dev.stockade.v1.PulledLayer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PullViewTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private final AtomicReference<Optional<TerminalSize>> size =
      new AtomicReference<>(Optional.empty());
  private final Output output = new Output(err, err, false, size::get);

  private static PulledLayer layer(int number, LayerStage stage, long received) {
    return PulledLayer.newBuilder()
        .setNumber(number)
        .setDigest("sha256:" + String.valueOf((char) ('a' + number)).repeat(64))
        .setSize(10 << 20)
        .setReceived(received)
        .setStage(stage)
        .build();
  }

  private static PullEvent event(PulledLayer... layers) {
    PullEvent.Builder event = PullEvent.newBuilder();
    for (PulledLayer layer : layers) {
      event.addLayers(layer);
    }
    return event.build();
  }

  private String written() {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.reset();
    return text;
  }

  private void terminal(int columns, int rows) {
    size.set(Optional.of(new TerminalSize(columns, rows)));
  }

  @Test
  void barsAreDrawnOverEachOther() {
    terminal(80, 24);
    TerminalScreen screen = new TerminalScreen(80, 24);
    PullView view = PullView.of(output, "r.example/app:1", false);
    view.take(
        event(layer(0, LayerStage.LAYER_THERE, 0), layer(1, LayerStage.LAYER_ARRIVING, 5 << 20)));
    screen.write(written());
    assertThat(screen.text())
        .containsExactly(
            "r.example/app:1: 1 of 2 layers",
            "  aaaaaaaaaaaaa  there already",
            "  bbbbbbbbbbbbb  [" + "=".repeat(20) + " ".repeat(20) + "]  5.00MiB/10.0MiB");
    view.take(event(layer(1, LayerStage.LAYER_ARRIVING, 10 << 20)));
    String second = written();
    assertThat(second).as("lines that stay are not written again").doesNotContain("aaaa", "of 2");
    screen.write(second);
    assertThat(screen.text().get(2)).endsWith("]  unpacking");
    view.take(event(layer(1, LayerStage.LAYER_DONE, 10 << 20)));
    screen.write(written());
    assertThat(screen.text()).hasSize(3).contains("r.example/app:1: 2 of 2 layers");
    assertThat(screen.text().get(2)).endsWith("done, 10.0MiB");
    view.take(event());
    assertThat(written()).isEmpty();
  }

  /** Whatever the terminal's size and the order of events, one frame is there and it fits. */
  @ParameterizedTest
  @CsvSource({"80,24", "40,6", "20,4", "7,3", "1,1", "200,5"})
  void whatIsDrawnFits(int columns, int rows) {
    terminal(columns, rows);
    TerminalScreen screen = new TerminalScreen(columns, rows);
    PullView view = PullView.of(output, "registry.example/a/long/name/of/an/image:1", false);
    Random random = new Random(columns * 31L + rows);
    int[] stages = new int[12];
    for (int turn = 0; turn < 200; turn++) {
      int number = random.nextInt(12);
      stages[number] = Math.min(4, stages[number] + random.nextInt(2));
      PulledLayer[] all = new PulledLayer[12];
      for (int i = 0; i < all.length; i++) {
        all[i] = layer(i, LayerStage.forNumber(stages[i]), turn * 50_000L);
      }
      view.take(event(all));
      screen.write(written());
      assertThat(screen.text().size()).isLessThanOrEqualTo(Math.max(1, rows - 1));
      assertThat(screen.text()).allMatch(line -> line.length() <= Math.max(1, columns - 1));
    }
  }

  @Test
  void aTerminalThatIsMadeNarrowerIsDrawnAnew() {
    terminal(80, 24);
    PullView view = PullView.of(output, "r.example/app:1", false);
    view.take(event(layer(0, LayerStage.LAYER_ARRIVING, 1)));
    String wide = written();
    TerminalScreen screen = new TerminalScreen(30, 24);
    screen.write(wide);
    terminal(30, 24);
    view.take(event(layer(0, LayerStage.LAYER_DONE, 10 << 20)));
    screen.write(written());
    assertThat(screen.text())
        .containsExactly("r.example/app:1: 1 of 1 layer", "  aaaaaaaaaaaaa  done, 10.0Mi");
  }

  @Test
  void withoutATerminalEachThingThatHappensIsALine() {
    PullView view = PullView.of(output, "r.example/app:1\033[2J\n", false);
    view.take(event(layer(0, LayerStage.LAYER_THERE, 0), layer(1, LayerStage.LAYER_WAITING, 0)));
    view.take(event(layer(1, LayerStage.LAYER_ARRIVING, 5)));
    view.take(event(layer(1, LayerStage.LAYER_ARRIVING, 6)));
    view.take(event(layer(1, LayerStage.LAYER_DONE, 10 << 20)));
    assertThat(written().lines())
        .containsExactly(
            "r.example/app:1?[2J?: 2 layers, 20.0MiB",
            "r.example/app:1?[2J?: layer aaaaaaaaaaaaa is there already",
            "r.example/app:1?[2J?: layer bbbbbbbbbbbbb comes, 10.0MiB",
            "r.example/app:1?[2J?: layer bbbbbbbbbbbbb is done");
  }

  @Test
  void namesDoNotMoveTheCursor() {
    terminal(80, 24);
    PullView view = PullView.of(output, "a\033[5A\u009b1A\u202e\n漢:1", false);
    view.take(event(layer(0, LayerStage.LAYER_WAITING, 0)));
    TerminalScreen screen = new TerminalScreen(80, 24);
    screen.write(written());
    assertThat(screen.text().get(0)).isEqualTo("a?[5A?1A???:1: 0 of 1 layers");
  }

  @Test
  void quietIsQuiet() {
    terminal(80, 24);
    PullView.of(output, "a:1", true).take(event(layer(0, LayerStage.LAYER_DONE, 0)));
    assertThat(written()).isEmpty();
  }
}
