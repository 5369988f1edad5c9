package dev.stockade.shim.cli;

/** What the command line ends with; part of its contract, printed by {@code --help}. */
final class ExitCode {
  static final int OK = 0;

  /** The daemon refused or failed at the request, or something on this side of the socket did. */
  static final int FAILED = 1;

  /** The arguments or the pod manifest are wrong; nothing was asked of the daemon. */
  static final int USAGE = 2;

  /** Nobody answers at the socket. */
  static final int UNREACHABLE = 3;

  /** What {@code explain} ends with where nothing but an image is missing. */
  static final int IMAGE_MISSING = 4;

  /**
   * What {@code run} and {@code exec} end with when Stockade itself failed, because every smaller
   * number can be the workload's own.
   */
  static final int NOT_THE_WORKLOAD = 125;

  private ExitCode() {}
}
