package dev.stockade.shim.cdi;

import java.util.List;

/**
 * A program to be run for a container.
 *
 * @param stage as the OCI runtime specification calls it
 * @param path absolute path on the host
 * @param args the first is what the program finds as its own name; empty for the path
 * @param environment {@code NAME=value}
 * @param timeoutSeconds 0 for none of its own
 */
public record HookEdit(
    String stage, String path, List<String> args, List<String> environment, int timeoutSeconds) {
  /** Copies the lists. */
  public HookEdit {
    args = List.copyOf(args);
    environment = List.copyOf(environment);
  }
}
