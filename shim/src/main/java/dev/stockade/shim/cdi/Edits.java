package dev.stockade.shim.cdi;

import dev.stockade.shim.intent.EnvironmentVariable;
import java.util.List;

/**
 * What is changed in a container.
 *
 * @param groups supplementary groups its process gets
 * @param hooks programs that are to be run for it
 */
public record Edits(
    List<EnvironmentVariable> environment,
    List<NodeEdit> nodes,
    List<MountEdit> mounts,
    List<Long> groups,
    List<HookEdit> hooks) {
  static final Edits NONE = new Edits(List.of(), List.of(), List.of(), List.of(), List.of());

  /** Copies the lists. */
  public Edits {
    environment = List.copyOf(environment);
    nodes = List.copyOf(nodes);
    mounts = List.copyOf(mounts);
    groups = List.copyOf(groups);
    hooks = List.copyOf(hooks);
  }
}
