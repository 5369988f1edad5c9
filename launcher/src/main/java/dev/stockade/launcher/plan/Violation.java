package dev.stockade.launcher.plan;

/**
 * A plan that breaks a law.
 *
 * @param law the law's id
 * @param text what is wrong, with the steps by index and name
 */
public record Violation(String law, String text) {
  @Override
  public String toString() {
    return law + ": " + text;
  }
}
