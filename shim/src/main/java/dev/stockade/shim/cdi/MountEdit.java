package dev.stockade.shim.cdi;

import dev.stockade.shim.intent.MountIntent;
import java.util.List;
import java.util.Optional;

/**
 * Something of the host shown in the container.
 *
 * @param restrictions of nosuid, nodev and noexec
 */
public record MountEdit(
    String target,
    String source,
    boolean recursive,
    boolean readOnly,
    MountIntent.Propagation propagation,
    List<String> restrictions) {
  /** As if the request had asked for it. */
  public MountIntent intent() {
    return new MountIntent(
        target,
        source,
        Optional.empty(),
        readOnly,
        false,
        propagation,
        false,
        recursive,
        restrictions,
        List.of(),
        List.of());
  }
}
