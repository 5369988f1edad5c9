package dev.stockade.shim.image;

/** Content that several hosts may have, of which one gives it. */
public interface Mirrored {
  /**
   * Whether somebody else may have it right, because what came was refused; whoever gave it is not
   * asked again.
   *
   * @param why for the log
   */
  boolean elsewhere(String why);
}
