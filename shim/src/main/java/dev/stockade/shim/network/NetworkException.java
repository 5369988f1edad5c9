package dev.stockade.shim.network;

/**
 * A pod network that could not be made, checked or taken down; the message names network, plugin
 * and cause.
 */
public final class NetworkException extends Exception {
  private static final long serialVersionUID = 1L;

  NetworkException(String message) {
    super(message);
  }

  NetworkException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
  }
}
