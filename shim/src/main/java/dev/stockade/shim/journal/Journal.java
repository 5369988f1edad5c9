package dev.stockade.shim.journal;

import java.time.Instant;
import java.util.List;
import java.util.ResourceBundle;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells what one part of the program decides: a sentence that is always the same, and fields with
 * what it was about. It is a {@link System.Logger} too, and every such logger of the process is
 * one.
 */
public final class Journal implements System.Logger {
  private static final Pattern PLACE = Pattern.compile("\\{([0-9])}");

  private final String name;

  private Journal(String name) {
    this.name = name;
  }

  /** The journal of the part that the class belongs to: its package. */
  public static Journal of(Class<?> type) {
    return named(type.getName());
  }

  static Journal named(String name) {
    return new Journal(name);
  }

  /** What helps to find a mistake. */
  public void debug(String message, Field... fields) {
    write(Severity.DEBUG, message, List.of(fields), null);
  }

  /** A decision that was carried out. */
  public void info(String message, Field... fields) {
    write(Severity.INFO, message, List.of(fields), null);
  }

  /** Something that an administrator should know. */
  public void warning(String message, Field... fields) {
    write(Severity.WARNING, message, List.of(fields), null);
  }

  /** Something that failed and that an administrator should know. */
  public void warning(String message, Throwable thrown, Field... fields) {
    write(Severity.WARNING, message, List.of(fields), thrown);
  }

  /** Something that does not work and that an administrator must do something about. */
  public void error(String message, Throwable thrown, Field... fields) {
    write(Severity.ERROR, message, List.of(fields), thrown);
  }

  private void write(
      Severity severity, String message, List<Field> fields, @Nullable Throwable thrown) {
    if (JournalOutput.wants(severity)) {
      JournalOutput.write(
          new Line(Instant.now(), severity, Line.part(name), message, fields, thrown));
    }
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean isLoggable(Level level) {
    return level != Level.OFF && JournalOutput.wants(Severity.of(level));
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown) {
    if (isLoggable(level)) {
      write(Severity.of(level), localised(bundle, message), List.of(), thrown);
    }
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... values) {
    if (!isLoggable(level)) {
      return;
    }
    String message = localised(bundle, format);
    write(
        Severity.of(level), values == null ? message : formatted(message, values), List.of(), null);
  }

  /**
   * Puts values in place of {@code {0}}, {@code {1}}, ... and nothing else: MessageFormat would
   * drop apostrophes and group digits.
   */
  private static String formatted(String format, @Nullable Object[] values) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    for (Matcher place = PLACE.matcher(format); place.find(); ) {
      int index = place.group(1).charAt(0) - '0';
      text.append(format, at, place.start());
      text.append(index < values.length ? String.valueOf(values[index]) : place.group());
      at = place.end();
    }
    return text.append(format.substring(at)).toString();
  }

  private static String localised(@Nullable ResourceBundle bundle, @Nullable String message) {
    if (message == null) {
      return "";
    }
    return bundle != null && bundle.containsKey(message) ? bundle.getString(message) : message;
  }
}
