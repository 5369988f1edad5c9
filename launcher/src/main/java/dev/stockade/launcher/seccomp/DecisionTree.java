package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A search tree over the runs of system call numbers that have the same outcome, built so that the
 * calls that rules name are found after few comparisons. Short stretches are laid out optimally,
 * longer ones are halved by weight first.
 */
final class DecisionTree {
  /** Stretches up to this many runs are laid out by trying every first comparison. */
  private static final int OPTIMAL_RUNS = 32;

  /**
   * How many single numbers may be tested one after the other before a stretch with one outcome.
   */
  private static final int MAX_SINGLES = 4;

  private final BpfGraph graph;
  private final List<Run> runs;
  private final double[] weightBefore;

  /**
   * @param first the first number of the run, unsigned
   * @param node what happens to its calls
   * @param weight how often it is assumed to be looked up
   */
  record Run(int first, int node, double weight) {}

  private DecisionTree(BpfGraph graph, List<Run> runs) {
    this.graph = graph;
    this.runs = runs;
    this.weightBefore = new double[runs.size() + 1];
    for (int i = 0; i < runs.size(); i++) {
      weightBefore[i + 1] = weightBefore[i] + runs.get(i).weight();
    }
  }

  /**
   * The node that finds the outcome of the number in the accumulator; the runs cover all numbers,
   * in order.
   */
  static int build(BpfGraph graph, List<Run> runs) {
    DecisionTree tree = new DecisionTree(graph, merged(runs));
    return tree.stretch(0, tree.runs.size());
  }

  private static List<Run> merged(List<Run> runs) {
    List<Run> merged = new ArrayList<>();
    for (Run run : runs) {
      int last = merged.size() - 1;
      if (last >= 0 && merged.get(last).node() == run.node()) {
        Run before = merged.get(last);
        merged.set(last, new Run(before.first(), before.node(), before.weight() + run.weight()));
      } else {
        merged.add(run);
      }
    }
    return merged;
  }

  private int stretch(int from, int to) {
    if (to - from <= OPTIMAL_RUNS) {
      return new Layout(from, to).node(from, to);
    }
    double half = (weightBefore[from] + weightBefore[to]) / 2;
    int split = from + 1;
    while (split < to - 1 && weightBefore[split] < half) {
      split++;
    }
    return graph.branch(
        BpfInstruction.JUMP_GE, runs.get(split).first(), stretch(split, to), stretch(from, split));
  }

  private boolean single(int run) {
    int first = runs.get(run).first();
    return run + 1 < runs.size() ? runs.get(run + 1).first() == first + 1 : first == -1;
  }

  /** The cheapest comparisons for every part of a stretch. */
  private final class Layout {
    private final int base;
    private final double[][] cost;
    private final int[][] split;
    private final Map<Long, Integer> made = new HashMap<>();

    Layout(int from, int to) {
      base = from;
      int size = to - from;
      cost = new double[size + 1][size + 1];
      split = new int[size + 1][size + 1];
      for (int length = 2; length <= size; length++) {
        for (int i = from; i + length <= to; i++) {
          choose(i, i + length);
        }
      }
    }

    private void choose(int from, int to) {
      double weight = weightBefore[to] - weightBefore[from];
      double best = singlesCost(from, to);
      int choice = best < Double.MAX_VALUE ? -1 : from + 1;
      for (int s = from + 1; s < to; s++) {
        double c = weight + cost[from - base][s - base] + cost[s - base][to - base];
        if (c < best) {
          best = c;
          choice = s;
        }
      }
      cost[from - base][to - base] = best;
      split[from - base][to - base] = choice;
    }

    /**
     * The cost of testing single numbers in turn, or the largest value if the rest has more than
     * one outcome.
     */
    private double singlesCost(int from, int to) {
      if (to - from > 2 * MAX_SINGLES + 1) {
        return Double.MAX_VALUE;
      }
      int common = common(from, to);
      List<Run> singles = singles(from, to, common);
      if (common < 0 || singles.size() > MAX_SINGLES) {
        return Double.MAX_VALUE;
      }
      double left = weightBefore[to] - weightBefore[from];
      double sum = 0;
      for (Run run : singles) {
        sum += left;
        left -= run.weight();
      }
      return sum;
    }

    /**
     * The one outcome of all runs longer than a number, or of most runs if there is none; -1 if
     * there are several.
     */
    private int common(int from, int to) {
      int common = -1;
      for (int i = from; i < to; i++) {
        if (!single(i)) {
          if (common >= 0 && common != runs.get(i).node()) {
            return -1;
          }
          common = runs.get(i).node();
        }
      }
      return common >= 0 ? common : runs.get(from).node();
    }

    private List<Run> singles(int from, int to, int common) {
      List<Run> singles = new ArrayList<>();
      for (int i = from; i < to; i++) {
        if (runs.get(i).node() != common) {
          singles.add(runs.get(i));
        }
      }
      singles.sort((a, b) -> Double.compare(b.weight(), a.weight()));
      return singles;
    }

    int node(int from, int to) {
      if (to - from == 1) {
        return runs.get(from).node();
      }
      Integer known = made.get(key(from, to));
      if (known != null) {
        return known;
      }
      int choice = split[from - base][to - base];
      int node =
          choice < 0
              ? inTurn(from, to)
              : graph.branch(
                  BpfInstruction.JUMP_GE,
                  runs.get(choice).first(),
                  node(choice, to),
                  node(from, choice));
      made.put(key(from, to), node);
      return node;
    }

    private static long key(int from, int to) {
      return ((long) from << Integer.SIZE) | to;
    }

    private int inTurn(int from, int to) {
      int node = common(from, to);
      List<Run> singles = singles(from, to, node);
      for (int i = singles.size() - 1; i >= 0; i--) {
        node =
            graph.branch(
                BpfInstruction.JUMP_EQ, singles.get(i).first(), singles.get(i).node(), node);
      }
      return node;
    }
  }
}
