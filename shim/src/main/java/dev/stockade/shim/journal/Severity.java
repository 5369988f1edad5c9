package dev.stockade.shim.journal;

import java.util.logging.Level;

/** How important a line is. Source of the priorities: syslog(3), sd-daemon(3). */
public enum Severity {
  DEBUG(7),
  INFO(6),
  WARNING(4),
  ERROR(3);

  private final int priority;

  Severity(int priority) {
    this.priority = priority;
  }

  int priority() {
    return priority;
  }

  /** The level of java.util.logging from which lines are as important. */
  Level level() {
    return switch (this) {
      case DEBUG -> Level.FINE;
      case INFO -> Level.INFO;
      case WARNING -> Level.WARNING;
      case ERROR -> Level.SEVERE;
    };
  }

  static Severity of(Level level) {
    Severity found = DEBUG;
    for (Severity severity : values()) {
      if (level.intValue() >= severity.level().intValue()) {
        found = severity;
      }
    }
    return found;
  }

  static Severity of(System.Logger.Level level) {
    return switch (level) {
      case ALL, TRACE, DEBUG -> DEBUG;
      case INFO -> INFO;
      case WARNING -> WARNING;
      case ERROR, OFF -> ERROR;
    };
  }
}
