package dev.stockade.shim.intent;

/**
 * One variable of a process' environment. Its value may be a secret and is never part of {@link
 * #toString}.
 */
public record EnvironmentVariable(String name, String value) {
  @Override
  public String toString() {
    return name + "=<" + value.length() + " characters>";
  }
}
