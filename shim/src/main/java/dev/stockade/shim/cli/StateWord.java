package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.shim.cli.Table.Cell;
import dev.stockade.shim.cli.Table.Colour;

/** Words and colours for states. */
final class StateWord {
  private StateWord() {}

  static Cell of(PodSandboxState state) {
    return switch (state) {
      case SANDBOX_READY -> new Cell("Ready", Colour.GOOD);
      case SANDBOX_NOTREADY -> new Cell("NotReady", Colour.WAITING);
      case UNRECOGNIZED -> new Cell("?", Colour.BAD);
    };
  }

  static Cell of(ContainerState state) {
    return switch (state) {
      case CONTAINER_CREATED -> new Cell("Created", Colour.WAITING);
      case CONTAINER_RUNNING -> new Cell("Running", Colour.GOOD);
      case CONTAINER_EXITED -> new Cell("Exited", Colour.FAINT);
      case CONTAINER_UNKNOWN -> new Cell("Unknown", Colour.BAD);
      case UNRECOGNIZED -> new Cell("?", Colour.BAD);
    };
  }
}
