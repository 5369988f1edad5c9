package dev.stockade.shim.intent;

import dev.stockade.cri.v1.Signal;
import java.util.Optional;

/** The protocol's names of signals, e.g. {@code SIGRTMAXMINUS3} for {@code SIGRTMAX-3}. */
public final class CriSignals {
  private CriSignals() {}

  static Optional<StopSignal> parse(Signal signal) {
    String name = signal.name();
    return StopSignal.parse(name.replace("MINUS", "-").replace("PLUS", "+"));
  }

  /** The protocol's value for a signal. */
  public static Signal of(StopSignal signal) {
    String name = signal.signalName().replace("-", "MINUS").replace("+", "PLUS");
    try {
      return Signal.valueOf(name);
    } catch (IllegalArgumentException e) {
      // Numbers 32 and 33 belong to the C library and have no name.
      return Signal.RUNTIME_DEFAULT;
    }
  }
}
