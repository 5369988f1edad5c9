package dev.stockade.shim.document;

/** A document cannot be read; the message completes "the document ...". */
public final class DocumentException extends Exception {
  private static final long serialVersionUID = 1L;

  DocumentException(String message) {
    super(message);
  }

  /** Why, for people. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
