package dev.stockade.shim.image;

import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One image of the hostile corpus.
 *
 * @param message what the refusal must say
 * @param entry whether it must name the entry of a layer
 * @param pulled whether a registry can have it too
 * @param layout makes it; the path is that of a directory of the host that it may aim at
 */
record HostileCase(
    String what,
    String message,
    boolean entry,
    boolean pulled,
    Function<Path, LayoutBuilder> layout) {

  /** A layer with something honest in front. */
  static HostileCase layer(
      String what, String message, BiFunction<TarBuilder, Path, TarBuilder> entries) {
    return new HostileCase(
        what,
        message,
        true,
        true,
        out -> {
          TarBuilder tar = entries.apply(new TarBuilder().file("first", "1"), out);
          return LayoutBuilder.of(HostileDocuments.REFERENCE, tar.build());
        });
  }

  static HostileCase document(String what, String message, Supplier<LayoutBuilder> layout) {
    return new HostileCase(what, message, false, true, out -> layout.get());
  }

  HostileCase onlyAsFile() {
    return new HostileCase(what, message, entry, false, layout);
  }

  @Override
  public String toString() {
    return what;
  }
}
