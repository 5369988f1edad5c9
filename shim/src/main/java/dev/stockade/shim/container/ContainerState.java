package dev.stockade.shim.container;

import dev.stockade.shim.receipt.ReceiptRecord;
import org.jspecify.annotations.Nullable;

/**
 * What became of a container, replaced on each change.
 *
 * @param receipt of its launch, absent before
 * @param resources LinuxContainerResources in base64, in place of those of the request; absent
 *     while they are as they were asked for then
 */
public record ContainerState(
    Life life, @Nullable ReceiptRecord receipt, @Nullable String resources) {

  /** Of a container just made. */
  static ContainerState created(long now) {
    return new ContainerState(Life.created(now), null, null);
  }

  ContainerState with(Life next) {
    return new ContainerState(next, receipt, resources);
  }

  ContainerState with(Life next, @Nullable ReceiptRecord of) {
    return new ContainerState(next, of, resources);
  }

  ContainerState with(@Nullable ReceiptRecord of, String limits) {
    return new ContainerState(life, of, limits);
  }
}
