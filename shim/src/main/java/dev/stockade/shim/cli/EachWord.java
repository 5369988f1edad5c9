package dev.stockade.shim.cli;

import java.util.List;
import java.util.function.Consumer;

/** Does the same for every word given; a failure with one does not keep the others from it. */
final class EachWord {
  private EachWord() {}

  /** The exit code: that of the last failure, or 0. Words that went well are printed. */
  static int of(Output output, List<String> words, Consumer<String> work) {
    int code = ExitCode.OK;
    for (String word : words) {
      try {
        work.accept(word);
        output.line(word);
      } catch (CommandFailure e) {
        output.notice(e.text());
        code = e.exitCode();
      }
    }
    return code;
  }
}
