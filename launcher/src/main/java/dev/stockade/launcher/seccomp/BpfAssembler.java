package dev.stockade.launcher.seccomp;

import dev.stockade.launcher.seccomp.BpfGraph.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * Lays a graph out as a program. It is written from its end, so every successor has its place
 * before the jump to it is made. A conditional jump reaches 255 instructions: a return that is
 * further away is repeated, any other target gets a JA between.
 */
final class BpfAssembler {
  private static final int REACH = 255;
  private static final int UNPLACED = -1;

  private final BpfGraph graph;
  private final List<BpfInstruction> backwards = new ArrayList<>();
  private final int[] place;

  private BpfAssembler(BpfGraph graph) {
    this.graph = graph;
    this.place = new int[graph.size()];
    Arrays.fill(place, UNPLACED);
  }

  /** The program from its first instruction; it may be longer than the kernel takes. */
  static List<BpfInstruction> assemble(BpfGraph graph, int root) {
    BpfAssembler assembler = new BpfAssembler(graph);
    assembler.placeAll(root);
    Collections.reverse(assembler.backwards);
    return assembler.backwards;
  }

  private void placeAll(int root) {
    Deque<Integer> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      int id = open.peek();
      Node node = graph.node(id);
      if (place[id] != UNPLACED) {
        open.pop();
      } else if (!node.returns() && place[node.yes()] == UNPLACED) {
        open.push(node.yes());
      } else if (node.branches() && place[node.no()] == UNPLACED) {
        open.push(node.no());
      } else {
        place(node);
        place[id] = backwards.size() - 1;
        open.pop();
      }
    }
  }

  private void place(Node node) {
    if (node.returns()) {
      backwards.add(BpfInstruction.of(node.code(), node.k()));
    } else if (node.branches()) {
      placeBranch(node);
    } else {
      int next = place[node.yes()];
      if (distance(next) > 0) {
        backwards.add(BpfInstruction.of(BpfInstruction.JUMP, distance(next)));
      }
      backwards.add(BpfInstruction.of(node.code(), node.k()));
    }
  }

  private void placeBranch(Node node) {
    int yes = place[node.yes()];
    int no = place[node.no()];
    while (distance(yes) > REACH || distance(no) > REACH) {
      if (distance(yes) > REACH) {
        yes = nearer(node.yes());
      }
      if (distance(no) > REACH) {
        no = nearer(node.no());
      }
    }
    backwards.add(new BpfInstruction(node.code(), distance(yes), distance(no), node.k()));
  }

  /** Puts a copy of a return, or a jump to the node, in front of everything placed so far. */
  private int nearer(int id) {
    Node node = graph.node(id);
    if (node.returns()) {
      backwards.add(BpfInstruction.of(node.code(), node.k()));
      place[id] = backwards.size() - 1;
    } else {
      backwards.add(BpfInstruction.of(BpfInstruction.JUMP, distance(place[id])));
    }
    return backwards.size() - 1;
  }

  /** Instructions between the next one to be placed and a placed one. */
  private int distance(int placed) {
    return backwards.size() - placed - 1;
  }
}
