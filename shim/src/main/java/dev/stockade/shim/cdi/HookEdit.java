package dev.stockade.shim.cdi;

import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciHook;
import java.util.List;

/**
 * A program to be run for a container.
 *
 * @param path absolute path on the host, or of the stage startContainer in the container
 * @param args the first is what the program finds as its own name; empty for the path
 * @param environment {@code NAME=value}
 * @param timeoutSeconds 0 for none of its own
 */
public record HookEdit(
    HookStage stage, String path, List<String> args, List<String> environment, int timeoutSeconds) {
  /** Copies the lists. */
  public HookEdit {
    args = List.copyOf(args);
    environment = List.copyOf(environment);
  }

  /** As it is in the container's OCI spec. */
  public OciHook hook() {
    return new OciHook(path, args, environment, timeoutSeconds == 0 ? null : timeoutSeconds);
  }

  /** Without the environment, which may hold secrets. */
  @Override
  public String toString() {
    return stage + " " + path;
  }
}
