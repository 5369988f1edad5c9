package dev.stockade.shim.pod;

import dev.stockade.shim.network.Attachment;
import dev.stockade.shim.receipt.ReceiptRecord;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of a pod, replaced on each change.
 *
 * @param attachment to a network that is, or may be, still to be taken down
 * @param receipts of what was verified when the pod was made, by what it was verified of
 */
public record PodState(
    Phase phase, @Nullable Attachment attachment, Map<String, ReceiptRecord> receipts) {
  /** A pod that is being made, of which there is nothing yet. */
  static final PodState BEGUN = new PodState(Phase.MAKING, null, Map.of());

  /** States that an earlier build wrote have no receipts. */
  public PodState {
    receipts = Map.copyOf(Objects.requireNonNullElse(receipts, Map.of()));
  }

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
    return new PodState(next, attachment, receipts);
  }

  /** The same pod, attached or detached. */
  PodState with(@Nullable Attachment next) {
    return new PodState(phase, next, receipts);
  }

  /** The same pod, of which one thing more was verified. */
  PodState with(String of, ReceiptRecord receipt) {
    Map<String, ReceiptRecord> more = new TreeMap<>(receipts);
    more.put(of, receipt);
    return new PodState(phase, attachment, more);
  }
}
