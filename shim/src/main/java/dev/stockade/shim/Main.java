package dev.stockade.shim;

import dev.stockade.shim.cli.Stockade;

/** The program {@code stockade}. */
public final class Main {
  private Main() {}

  /** Runs one command line; {@code serve} is the daemon, everything else its client. */
  public static void main(String... args) {
    Stockade.main(args);
  }
}
