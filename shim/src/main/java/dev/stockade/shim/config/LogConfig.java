package dev.stockade.shim.config;

import dev.stockade.shim.journal.LogFormat;
import dev.stockade.shim.journal.Severity;

/**
 * {@code [log]}.
 *
 * @param level the least important that is written
 * @param format how lines are written to standard error
 */
public record LogConfig(Severity level, LogFormat format) {
  static final LogConfig DEFAULT = new LogConfig(Severity.INFO, LogFormat.AUTO);

  static LogConfig read(Section section) {
    return new LogConfig(
        section.choice("level", DEFAULT.level), section.choice("format", DEFAULT.format));
  }
}
