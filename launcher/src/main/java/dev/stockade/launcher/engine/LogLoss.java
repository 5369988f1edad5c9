package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;

/**
 * What a log could not take, because its disk was full or failed; the log itself tells of each gap
 * where it goes on.
 *
 * @param records those that are missing or were cut
 * @param bytes of these records, with time and stream
 * @param errno of the last write that failed, 0 if none did
 */
public record LogLoss(long records, long bytes, int errno) {
  /** The whole output is in the log. */
  public static final LogLoss NONE = new LogLoss(0, 0, 0);

  /** For people; empty where nothing is lost. */
  public String text() {
    return records == 0
        ? ""
        : records
            + " records ("
            + bytes
            + " bytes) are missing in the log: "
            + Errno.of(errno).meaning();
  }
}
