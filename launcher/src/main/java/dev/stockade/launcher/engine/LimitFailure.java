package dev.stockade.launcher.engine;

import org.jspecify.annotations.Nullable;

/** Limits of a running process that could not be changed; they are as they were. */
public final class LimitFailure extends Exception {
  private static final long serialVersionUID = 1L;

  LimitFailure(String file, String reason, String advice, @Nullable Throwable cause) {
    super(file + ": " + reason + "; " + advice, cause);
  }
}
