package dev.stockade.shim.cli;

import org.jspecify.annotations.Nullable;

/** Ends a command with one message for people and an exit code; never printed as a stack trace. */
final class CommandFailure extends RuntimeException {
  private final int exitCode;

  CommandFailure(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  static CommandFailure of(String message) {
    return new CommandFailure(ExitCode.FAILED, message, null);
  }

  static CommandFailure of(String message, Throwable cause) {
    return new CommandFailure(ExitCode.FAILED, message, cause);
  }

  /** Wrong usage that only shows after parsing, as in a manifest. */
  static CommandFailure usage(String message) {
    return new CommandFailure(ExitCode.USAGE, message, null);
  }

  int exitCode() {
    return exitCode;
  }

  /** The message; never null, unlike {@link #getMessage}. */
  String text() {
    String message = getMessage();
    return message == null ? "failed" : message;
  }
}
