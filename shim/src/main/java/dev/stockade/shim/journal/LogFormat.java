package dev.stockade.shim.journal;

/** How lines on standard error look. */
public enum LogFormat {
  /** {@link #JOURNAL} where standard error is journald's, else {@link #TEXT}. */
  AUTO,
  /** A priority in front as journald reads it, no time. */
  JOURNAL,
  /** A time and a level in front. */
  TEXT,
  /** One JSON object per line. */
  JSON
}
