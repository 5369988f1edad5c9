package dev.stockade.shim.lsm;

/**
 * Why a process cannot be confined as asked.
 *
 * @param reason as the end of a sentence about what was asked
 * @param remedy what to do
 */
public record Obstacle(String reason, String remedy) {
  @Override
  public String toString() {
    return reason + "; " + remedy;
  }
}
