package dev.stockade.shim.pod;

import dev.stockade.shim.network.Attachment;
import org.jspecify.annotations.Nullable;

/**
 * What became of a pod, replaced on each change.
 *
 * @param attachment to a network that is, or may be, still to be taken down
 */
public record PodState(Phase phase, @Nullable Attachment attachment) {
  /** Where a pod is in its life. */
  public enum Phase {
    /** Being made: nobody has been told of it. */
    MAKING,
    /** Containers can be made and started in it. */
    READY,
    /** Stopped; it only waits to be removed. */
    NOT_READY
  }

  /** The same pod in another phase. */
  PodState in(Phase next) {
    return new PodState(next, attachment);
  }

  /** The same pod, attached or detached. */
  PodState with(@Nullable Attachment next) {
    return new PodState(phase, next);
  }
}
