package dev.stockade.shim.journal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/**
 * Where lines go, the same for the whole process: our own journals, {@link System.Logger} and
 * java.util.logging, which gRPC uses. Before {@link #install}, warnings and errors go to standard
 * error as text.
 */
public final class JournalOutput {
  /** Libraries that tell every connection; below warnings only when debugging. */
  private static final List<String> CHATTY = List.of("io.grpc", "io.netty");

  private static volatile JournalOutput current =
      new JournalOutput(
          new FileOutputStream(FileDescriptor.err), Severity.WARNING, LineFormat.TEXT);

  /** Held, because java.util.logging forgets the levels of loggers nobody holds. */
  private static volatile List<Logger> held = List.of();

  private final OutputStream stream;
  private final Severity least;
  private final LineFormat format;

  private JournalOutput(OutputStream stream, Severity least, LineFormat format) {
    this.stream = stream;
    this.least = least;
    this.format = format;
  }

  /**
   * Sets up the process's output as configured.
   *
   * @param least the least important lines that are written
   * @param environment of the process; JOURNAL_STREAM tells that standard error is journald's,
   *     systemd.exec(5)
   */
  public static void install(Severity least, LogFormat format, Map<String, String> environment) {
    install(least, format, environment, new FileOutputStream(FileDescriptor.err));
  }

  static void install(
      Severity least, LogFormat format, Map<String, String> environment, OutputStream stream) {
    current = new JournalOutput(stream, least, format(format, environment));
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(least.level());
    root.addHandler(new JournalHandler());
    held = CHATTY.stream().map(Logger::getLogger).toList();
    boolean quiet = least != Severity.DEBUG;
    held.forEach(logger -> logger.setLevel(quiet ? Level.WARNING : null));
  }

  private static LineFormat format(LogFormat format, Map<String, String> environment) {
    return switch (format) {
      case AUTO -> isJournal(environment) ? LineFormat.JOURNAL : LineFormat.TEXT;
      case JOURNAL -> LineFormat.JOURNAL;
      case TEXT -> LineFormat.TEXT;
      case JSON -> LineFormat.JSON;
    };
  }

  /** The variable is inherited, so it counts only while standard error still is what it names. */
  private static boolean isJournal(Map<String, String> environment) {
    String stream = environment.getOrDefault("JOURNAL_STREAM", "");
    if (stream.isEmpty()) {
      return false;
    }
    try {
      Path stderr = Path.of("/proc/self/fd/2");
      return stream.equals(
          Files.getAttribute(stderr, "unix:dev") + ":" + Files.getAttribute(stderr, "unix:ino"));
    } catch (IOException e) {
      return false;
    }
  }

  static boolean wants(Severity severity) {
    return severity.compareTo(current.least) >= 0;
  }

  static void write(Line line) {
    JournalOutput output = current;
    if (line.severity().compareTo(output.least) >= 0) {
      output.writeOut(line);
    }
  }

  /** One write per line, so that lines of threads and of processes on the same file stay whole. */
  private void writeOut(Line line) {
    byte[] bytes = (format.render(line) + "\n").getBytes(StandardCharsets.UTF_8);
    synchronized (stream) {
      try {
        stream.write(bytes);
        stream.flush();
      } catch (IOException e) {
        // Whoever read standard error is gone; there is nobody to tell, and the daemon goes on.
        assert e != null;
      }
    }
  }
}
