package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The calls that tell one reading of a profile from another: every number any table has and those
 * beside them, and for numbers whose rules compare arguments the values at, below and above each
 * boundary, in both halves.
 */
final class BoundaryCalls {
  private static final int MAX_VECTORS = 96;
  private static final int[] EDGES = {
    -1,
    -2,
    Integer.MIN_VALUE,
    Integer.MAX_VALUE,
    0x3fffffff,
    0x40000000,
    0x5fffffff,
    600,
    1023,
    0xeffff,
    0xf0000,
    0xf07ff,
    0xf0800,
    0x10f0001
  };

  private static final Map<Arch, Set<Integer>> NUMBERS =
      Map.of(
          Arch.X86_64, numbers(Arch.X86_64),
          Arch.X86, numbers(Arch.X86),
          Arch.AARCH64, numbers(Arch.AARCH64),
          Arch.ARM, numbers(Arch.ARM));
  private static final int[] SAMPLE = {-1, 0, 1, 102, 400, 0x40000000, 0xf0001};

  private final Profile profile;
  private final List<Arch> family;
  private final boolean allForeign;

  /**
   * The calls for one profile.
   *
   * @param allForeign whether also ABIs of other machines, whose calls all get the same verdict,
   *     are gone through whole
   */
  BoundaryCalls(Profile profile, Arch nativeArch, boolean allForeign) {
    this.profile = profile;
    this.family = nativeArch.family();
    this.allForeign = allForeign;
  }

  void forEach(Consumer<SeccompData> action) {
    for (Arch arch : List.of(Arch.X86_64, Arch.X86, Arch.AARCH64, Arch.ARM)) {
      Map<Integer, Set<List<Condition>>> conditions = conditions(arch);
      for (int number :
          allForeign || family.contains(arch) ? NUMBERS.getOrDefault(arch, Set.of()) : sample()) {
        Set<List<Condition>> of = conditions.getOrDefault(number, Set.of());
        for (long[] args : vectors(number, of)) {
          action.accept(SeccompData.of(arch, number, args));
        }
      }
    }
    action.accept(new SeccompData(0, 0x80000015, 0, List.of(0L, 0L, 0L, 0L, 0L, 0L)));
    action.accept(new SeccompData(0, 0, -1, List.of(-1L, -1L, -1L, -1L, -1L, -1L)));
  }

  private static Set<Integer> sample() {
    Set<Integer> sample = new TreeSet<>(Integer::compareUnsigned);
    for (int number : SAMPLE) {
      sample.add(number);
    }
    return sample;
  }

  private static Set<Integer> numbers(Arch arch) {
    Set<Integer> numbers = new TreeSet<>(Integer::compareUnsigned);
    List<Arch> tables = arch == Arch.X86_64 ? List.of(arch, Arch.X32) : List.of(arch);
    for (Arch table : tables) {
      for (int number : SyscallTable.of(table).numbers().values()) {
        numbers.add(number);
        numbers.add(number + 1);
        numbers.add(number - 1);
      }
    }
    for (int edge : EDGES) {
      numbers.add(edge);
    }
    return numbers;
  }

  private Map<Integer, Set<List<Condition>>> conditions(Arch arch) {
    Map<Integer, Set<List<Condition>>> conditions = new TreeMap<>();
    List<Arch> tables = arch == Arch.X86_64 ? List.of(arch, Arch.X32) : List.of(arch);
    for (Arch table : tables) {
      for (Rule rule : profile.syscalls()) {
        for (String name : rule.names()) {
          Integer number = SyscallTable.of(table).numbers().get(name);
          if (number != null && !rule.args().isEmpty()) {
            conditions.computeIfAbsent(number, n -> new LinkedHashSet<>()).add(rule.args());
          }
        }
      }
    }
    return conditions;
  }

  private static List<long[]> vectors(int number, Set<List<Condition>> conditions) {
    List<long[]> vectors = new ArrayList<>();
    long mix = number * 0x9E3779B97F4A7C15L;
    vectors.add(new long[] {mix, mix >>> 7, mix >>> 32, ~mix, 0, -1});
    if (number == 102 || number == 117) {
      for (long selector = 0; selector < 26; selector++) {
        vectors.add(new long[] {selector, mix});
        vectors.add(new long[] {selector | 0x10000, mix});
      }
      vectors.add(new long[] {0x100000001L});
    }
    Set<String> seen = new HashSet<>();
    for (List<Condition> rule : conditions) {
      long[] meeting = new long[Condition.ARGUMENTS];
      rule.forEach(c -> meeting[c.index()] = meeting(c));
      for (Condition c : rule) {
        for (long value : around(c)) {
          long[] args = meeting.clone();
          args[c.index()] = value;
          if (seen.add(List.of(args[0], args[1], args[2], args[3], args[4], args[5]).toString())
              && vectors.size() < MAX_VECTORS) {
            vectors.add(args);
          }
        }
      }
    }
    return vectors;
  }

  private static long meeting(Condition c) {
    return switch (c.op()) {
      case EQ, LE, GE -> c.value();
      case NE, GT -> c.value() + 1;
      case LT -> c.value() - 1;
      case MASKED_EQ -> c.valueTwo() & c.value();
    };
  }

  private static long[] around(Condition c) {
    if (c.op() == Comparison.MASKED_EQ) {
      long equal = c.valueTwo() & c.value();
      return new long[] {
        equal,
        equal | ~c.value(),
        equal ^ Long.lowestOneBit(c.value()),
        equal ^ Long.highestOneBit(c.value()),
        equal ^ 1L << 32,
        c.valueTwo(),
        0,
        -1
      };
    }
    long v = c.value();
    return new long[] {
      v,
      v - 1,
      v + 1,
      v ^ 1L << 32,
      v + (1L << 32),
      v - (1L << 32),
      v & 0xffffffffL,
      v | 0xffffffffL,
      0,
      -1
    };
  }
}
