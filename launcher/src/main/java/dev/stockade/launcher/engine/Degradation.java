package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.StepCode;

/** A step that failed with the one error the node's configuration tolerates. */
public record Degradation(StepCode step, Errno errno) {
  @Override
  public String toString() {
    return step + " failed with " + errno + ", which the configuration tolerates";
  }
}
