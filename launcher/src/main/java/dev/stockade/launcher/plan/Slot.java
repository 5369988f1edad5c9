package dev.stockade.launcher.plan;

/**
 * A place in the launch's table of descriptors. The first are supplied with the plan, see {@link
 * FdSource}; the others are filled by steps.
 *
 * @param index from 0
 */
public record Slot(int index) implements Comparable<Slot> {
  @Override
  public int compareTo(Slot other) {
    return Integer.compare(index, other.index);
  }

  @Override
  public String toString() {
    return "@" + index;
  }
}
