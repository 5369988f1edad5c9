package dev.stockade.shim.oci;

/**
 * Something of a request that is carried out and may not do what its author thinks.
 *
 * @param field the CRI field
 * @param text what to know
 */
public record Surprise(String field, String text) {
  @Override
  public String toString() {
    return field + ": " + text;
  }
}
