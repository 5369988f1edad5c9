package dev.stockade.launcher.seccomp;

import dev.stockade.launcher.seccomp.Decision.Clause;
import java.util.IdentityHashMap;

/** Turns conditions on 64-bit arguments into comparisons of the 32-bit words a filter can load. */
final class ConditionCode {
  private static final int EQ = BpfInstruction.JUMP_EQ;
  private static final int GT = BpfInstruction.JUMP_GT;
  private static final int GE = BpfInstruction.JUMP_GE;
  private static final int SET = BpfInstruction.JUMP_SET;

  private final BpfGraph graph;
  private final boolean wide;

  /**
   * By identity: calls under the same rules share one decision, and comparing long ones costs more
   * than making code.
   */
  private final IdentityHashMap<Decision, Integer> made = new IdentityHashMap<>();

  ConditionCode(BpfGraph graph, Arch arch) {
    this.graph = graph;
    this.wide = arch.wideArguments();
  }

  /** The node that carries out a decision. */
  int decision(Decision decision) {
    Integer known = made.get(decision);
    if (known == null) {
      known = make(decision);
      made.put(decision, known);
    }
    return known;
  }

  private int make(Decision decision) {
    int next = graph.returning(decision.otherwise());
    for (int i = decision.clauses().size() - 1; i >= 0; i--) {
      next = clause(decision.clauses().get(i), next);
    }
    return next;
  }

  private int clause(Clause clause, int otherwise) {
    int next = graph.returning(clause.verdict());
    for (int i = clause.conditions().size() - 1; i >= 0; i--) {
      next = condition(clause.conditions().get(i), next, otherwise);
    }
    return next;
  }

  private int condition(Condition c, int holds, int fails) {
    int low = SeccompData.argumentLow(c.index());
    int high = SeccompData.argumentHigh(c.index());
    int valueLow = (int) c.value();
    int valueHigh = (int) (c.value() >>> 32);
    return switch (c.op()) {
      case EQ -> equal(low, high, valueLow, valueHigh, holds, fails);
      case NE -> equal(low, high, valueLow, valueHigh, fails, holds);
      case GT -> above(low, high, valueLow, valueHigh, holds, fails);
      case LE -> above(low, high, valueLow, valueHigh, fails, holds);
      case GE -> atLeast(low, high, valueLow, valueHigh, holds, fails);
      case LT -> atLeast(low, high, valueLow, valueHigh, fails, holds);
      case MASKED_EQ -> {
        int twoHigh = (int) (c.valueTwo() >>> 32);
        int upper = wide ? masked(high, valueHigh, twoHigh, holds, fails) : holds;
        yield masked(low, valueLow, (int) c.valueTwo(), upper, fails);
      }
    };
  }

  private int equal(int low, int high, int valueLow, int valueHigh, int holds, int fails) {
    int upper = wide ? graph.branchOn(high, EQ, valueHigh, holds, fails) : holds;
    return graph.branchOn(low, EQ, valueLow, upper, fails);
  }

  private int above(int low, int high, int valueLow, int valueHigh, int holds, int fails) {
    return ordered(high, valueHigh, graph.branchOn(low, GT, valueLow, holds, fails), holds, fails);
  }

  private int atLeast(int low, int high, int valueLow, int valueHigh, int holds, int fails) {
    int lower = valueLow == 0 ? holds : graph.branchOn(low, GE, valueLow, holds, fails);
    return ordered(high, valueHigh, lower, holds, fails);
  }

  /**
   * Equal upper words leave it to the lower ones; that is tested first because arguments are mostly
   * small.
   */
  private int ordered(int high, int valueHigh, int lower, int above, int below) {
    if (!wide) {
      return lower;
    }
    int unequal = valueHigh == 0 ? above : graph.branch(GT, valueHigh, above, below);
    return graph.branchOn(high, EQ, valueHigh, lower, unequal);
  }

  private int masked(int offset, int mask, int value, int holds, int fails) {
    int wanted = value & mask;
    if (mask == 0) {
      return holds;
    }
    if (mask == -1) {
      return graph.branchOn(offset, EQ, wanted, holds, fails);
    }
    if (wanted == 0) {
      return graph.branchOn(offset, SET, mask, fails, holds);
    }
    return graph.load(offset, graph.masked(mask, graph.branch(EQ, wanted, holds, fails)));
  }
}
