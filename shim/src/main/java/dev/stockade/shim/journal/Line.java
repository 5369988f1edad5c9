package dev.stockade.shim.journal;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line before it is written.
 *
 * @param part of the program, for example {@code image}
 */
record Line(
    Instant time,
    Severity severity,
    String part,
    String message,
    List<Field> fields,
    @Nullable Throwable thrown) {

  /** The package of our own classes, the whole package of others. */
  static String part(String logger) {
    int dot = logger.lastIndexOf('.');
    String name = dot < 0 ? logger : logger.substring(0, dot);
    return name.startsWith("dev.stockade.") ? name.substring(name.lastIndexOf('.') + 1) : name;
  }
}
