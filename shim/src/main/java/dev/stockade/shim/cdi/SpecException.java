package dev.stockade.shim.cdi;

/** A specification is not acceptable; the message says where in it and why. */
final class SpecException extends Exception {
  private static final long serialVersionUID = 1L;

  SpecException(String message) {
    super(message);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
