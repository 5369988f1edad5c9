package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.Slot;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The descriptors of one launch: those that travel with the plan, and those the engine keeps. */
final class SlotTable implements AutoCloseable {
  private final List<Fd> supplied = new ArrayList<>();
  private final Map<FdSource.Stream, Fd> kept = new EnumMap<>(FdSource.Stream.class);

  void add(Fd fd) {
    supplied.add(fd);
  }

  List<Fd> supplied() {
    return supplied;
  }

  Fd at(Slot slot) {
    return supplied.get(slot.index());
  }

  /** The engine's end of a stream, replaced when the plan asks for it as a slot. */
  void keep(FdSource.Stream stream, Fd end) {
    kept.put(stream, end);
  }

  /** Moves the end of a stream out of the table; empty when it has none. */
  Optional<Fd> takeKept(FdSource.Stream stream) {
    return Optional.ofNullable(kept.remove(stream));
  }

  void closeSupplied() {
    supplied.forEach(Fd::close);
  }

  @Override
  public void close() {
    closeSupplied();
    kept.values().forEach(Fd::close);
    kept.clear();
  }
}
