package dev.stockade.shim.image;

import java.io.IOException;
import java.io.Serial;

/** Content could not be had from where it is; what it is like is not known. */
public abstract class TransferException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  protected TransferException(String message) {
    super(message);
  }

  protected TransferException(String message, Throwable cause) {
    super(message, cause);
  }
}
