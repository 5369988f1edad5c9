package dev.stockade.launcher.linux;

import java.util.Optional;

/**
 * How much a terminal shows.
 *
 * @param columns characters of a line, at least 1
 * @param rows lines, at least 1
 */
public record TerminalSize(int columns, int rows) {
  private static final long TIOCGWINSZ = 0x5413;
  private static final int WINSIZE_BYTES = 8;
  private static final int USUAL_COLUMNS = 80;
  private static final int USUAL_ROWS = 24;

  /**
   * That of a descriptor of this process; empty if it is no terminal. One that does not know its
   * size, as on a serial line, is taken for a usual one. Source: ioctl_tty(2).
   */
  public static Optional<TerminalSize> of(int descriptor) {
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece size = scratch.zeroed(WINSIZE_BYTES);
      if (Kernel.call(Syscall.IOCTL, descriptor, TIOCGWINSZ, size.address()) < 0) {
        return Optional.empty();
      }
      int rows = size.getShort(0);
      int columns = size.getShort(2);
      return Optional.of(
          new TerminalSize(columns == 0 ? USUAL_COLUMNS : columns, rows == 0 ? USUAL_ROWS : rows));
    }
  }
}
