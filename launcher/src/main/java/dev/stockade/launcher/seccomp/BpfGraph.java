package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A filter before layout: a graph without cycles whose nodes are shared wherever they do the same.
 * A node is named by its index; its successors have smaller ones.
 */
final class BpfGraph {
  private static final int NONE = -1;

  /** Far above what a program the kernel takes can come from. */
  private static final int MAX_NODES = 16 * BpfProgram.MAX_LENGTH;

  /** The rules need more than any program can hold. */
  static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("more than " + MAX_NODES + " nodes");
    }
  }

  /**
   * @param code the BPF operation; RETURN, LOAD_WORD, AND or a conditional jump
   * @param k its operand
   * @param yes the next node, or the one taken when the comparison holds; -1 after RETURN
   * @param no the node taken when it does not; -1 unless a comparison
   */
  record Node(int code, int k, int yes, int no) {
    boolean returns() {
      return code == BpfInstruction.RETURN;
    }

    boolean branches() {
      return no != NONE;
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, Integer> index = new HashMap<>();

  Node node(int id) {
    return nodes.get(id);
  }

  int size() {
    return nodes.size();
  }

  int returning(Verdict verdict) {
    return add(new Node(BpfInstruction.RETURN, verdict.returnValue(), NONE, NONE));
  }

  int load(int offset, int next) {
    return add(new Node(BpfInstruction.LOAD_WORD, offset, next, NONE));
  }

  int masked(int mask, int next) {
    return add(new Node(BpfInstruction.AND, mask, next, NONE));
  }

  /** A comparison of whatever the accumulator holds. */
  int branch(int code, int k, int yes, int no) {
    return yes == no ? yes : add(new Node(code, k, yes, no));
  }

  /**
   * A comparison of a word of {@code seccomp_data}; successors that would load it again are entered
   * behind their load.
   */
  int branchOn(int offset, int code, int k, int yes, int no) {
    return load(offset, branch(code, k, behindLoad(yes, offset), behindLoad(no, offset)));
  }

  private int behindLoad(int id, int offset) {
    Node node = nodes.get(id);
    return node.code == BpfInstruction.LOAD_WORD && node.k == offset ? node.yes : id;
  }

  private int add(Node node) {
    Integer known = index.get(node);
    if (known != null) {
      return known;
    }
    if (nodes.size() == MAX_NODES) {
      throw new TooLarge();
    }
    nodes.add(node);
    index.put(node, nodes.size() - 1);
    return nodes.size() - 1;
  }
}
