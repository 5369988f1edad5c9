package dev.stockade.shim.image;

import java.io.IOException;
import java.io.Serial;

/** Whoever wanted an image as a file has gone away. */
public final class ExportEnded extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  public ExportEnded() {
    super("the caller has gone away");
  }
}
