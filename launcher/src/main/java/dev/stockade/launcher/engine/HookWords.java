package dev.stockade.launcher.engine;

import dev.stockade.launcher.spec.OciHook;
import dev.stockade.launcher.spec.OciSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** What a hook that failed said last, for the error that tells of it. */
final class HookWords {
  private static final int TOLD = 500;

  /** Shorter values are too common to be secrets, and to be cut out of a sentence. */
  private static final int SHORTEST_SECRET = 6;

  private HookWords() {}

  /** In quotes after a colon; no value of the container's environment, or of the hook's. */
  static String of(Output output, OciHook hook, OciSpec spec) {
    byte[] said = output.error().length > 0 ? output.error() : output.standard();
    String text = new String(said, StandardCharsets.UTF_8);
    List<String> variables = spec.process() == null ? List.of() : spec.process().env();
    List<String> secrets =
        Stream.concat(variables.stream(), hook.env().stream())
            .map(variable -> variable.substring(variable.indexOf('=') + 1))
            .filter(value -> value.length() >= SHORTEST_SECRET)
            .toList();
    for (String secret : secrets) {
      text = text.replace(secret, "***");
    }
    String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
    if (line.isEmpty()) {
      return "";
    }
    return ": \""
        + (line.length() > TOLD ? "..." + line.substring(line.length() - TOLD) : line)
        + "\"";
  }
}
