package dev.stockade.shim.container;

import dev.stockade.shim.receipt.ReceiptRecord;
import org.jspecify.annotations.Nullable;

/**
 * What became of a container, replaced on each change.
 *
 * @param receipt of its launch, absent before
 */
public record ContainerState(Life life, @Nullable ReceiptRecord receipt) {}
