package dev.stockade.shim.cli;

import dev.stockade.launcher.linux.TerminalSize;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where a command prints.
 *
 * @param out data
 * @param err messages
 * @param colours whether {@code out} is a terminal that wants colours
 * @param screen the size, now, of the terminal that {@code err} is; empty if it is none that can
 *     move its cursor
 */
record Output(
    PrintStream out, PrintStream err, boolean colours, Supplier<Optional<TerminalSize>> screen) {

  /** Streams without a terminal to draw on. */
  Output(PrintStream out, PrintStream err, boolean colours) {
    this(out, err, colours, Optional::empty);
  }

  /** The process's own streams in UTF-8; colours as {@code NO_COLOR} and the terminal allow. */
  static Output ofProcess(Map<String, String> environment) {
    boolean able = !environment.getOrDefault("TERM", "dumb").equals("dumb");
    boolean colours = able && environment.getOrDefault("NO_COLOR", "").isEmpty() && isTerminal(1);
    return new Output(
        stream(FileDescriptor.out),
        stream(FileDescriptor.err),
        colours,
        () -> able && isTerminal(2) ? TerminalSize.of(2) : Optional.empty());
  }

  /** Prints one line that holds text of others. */
  void line(String text) {
    out.println(PlainText.line(text));
  }

  /** Prints a message for people, beside the data. */
  void notice(String text) {
    err.println("stockade: " + PlainText.lines(text));
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /**
   * Whether a descriptor of this process is a terminal, told from its link in /proc, because {@code
   * System.console()} also wants standard input to be one.
   */
  static boolean isTerminal(int descriptor) {
    try {
      String target =
          Files.readSymbolicLink(Path.of("/proc/self/fd", String.valueOf(descriptor))).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }
}
