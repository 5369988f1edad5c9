package dev.stockade.launcher.plan;

/**
 * The one error a step may fail with without failing the launch; reported as a degradation. Only
 * the node's configuration gives one.
 *
 * @param errno 0 for none
 */
public record Tolerance(int errno) {
  /** Every failure fails the launch. */
  public static final Tolerance NONE = new Tolerance(0);

  static final int EPERM = 1;
  static final int EACCES = 13;
  static final int EDQUOT = 122;

  /** The error if the constraint may degrade, else none. */
  static Tolerance of(boolean mayDegrade, int errno) {
    return mayDegrade ? new Tolerance(errno) : NONE;
  }

  @Override
  public String toString() {
    return errno == 0 ? "none" : "errno " + errno;
  }
}
