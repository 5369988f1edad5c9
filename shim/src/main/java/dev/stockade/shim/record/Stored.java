package dev.stockade.shim.record;

import org.jspecify.annotations.Nullable;

/**
 * One record read back: what was asked, and what became of it ({@code null} until the first {@link
 * RecordStore#update}).
 */
public record Stored<R, S>(String id, R record, @Nullable S state) {}
