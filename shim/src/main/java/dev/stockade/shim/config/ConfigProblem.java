package dev.stockade.shim.config;

/**
 * One thing that is wrong with the configuration.
 *
 * @param origin file and line, or flag
 * @param message names the key, what is wrong, and what would be right
 */
public record ConfigProblem(String origin, String message) {
  @Override
  public String toString() {
    return origin + ": " + message;
  }
}
