package dev.stockade.launcher.plan;

import java.util.BitSet;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** Numbers of processors or memory nodes in the list format of cpuset(7). */
public final class NumberList {
  private static final Pattern FORM =
      Pattern.compile("[0-9]{1,6}(-[0-9]{1,6})?(,[0-9]{1,6}(-[0-9]{1,6})?){0,512}");

  private final BitSet numbers;

  private NumberList(BitSet numbers) {
    this.numbers = numbers;
  }

  /** Empty if it is no list of numbers up to 999999, or a range ends before it begins. */
  public static Optional<NumberList> parse(String text) {
    if (!FORM.matcher(text).matches()) {
      return Optional.empty();
    }
    BitSet numbers = new BitSet();
    for (String part : text.split(",", -1)) {
      String[] ends = part.split("-", -1);
      int first = Integer.parseInt(ends[0]);
      int last = Integer.parseInt(ends[ends.length - 1]);
      if (last < first) {
        return Optional.empty();
      }
      numbers.set(first, last + 1);
    }
    return Optional.of(new NumberList(numbers));
  }

  /** Whether all numbers of the other are in this one. */
  public boolean containsAll(NumberList other) {
    BitSet beyond = (BitSet) other.numbers.clone();
    beyond.andNot(numbers);
    return beyond.isEmpty();
  }

  /** As the kernel writes it: ascending, neighbours as a range. */
  @Override
  public String toString() {
    StringJoiner list = new StringJoiner(",");
    for (int first = numbers.nextSetBit(0); first >= 0; ) {
      int end = numbers.nextClearBit(first);
      list.add(end == first + 1 ? "" + first : first + "-" + (end - 1));
      first = numbers.nextSetBit(end);
    }
    return list.toString();
  }
}
