package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BpfAssemblerTest {
  private static final int LONG = 700;

  /** A chain of comparisons of the number, each of which may leave for the same far node. */
  private static int chain(BpfGraph graph, int far) {
    int next = graph.returning(Verdict.ALLOW);
    for (int i = LONG - 1; i >= 0; i--) {
      next =
          graph.branch(
              BpfInstruction.JUMP_EQ,
              i,
              i % 2 == 0 ? far : graph.returning(new Verdict(Action.ERRNO, 1)),
              next);
    }
    return graph.load(SeccompData.NUMBER, next);
  }

  private static BpfProgram assemble(BpfGraph graph, int root) {
    BpfProgram program = BpfProgram.of(BpfAssembler.assemble(graph, root));
    assertThat(BpfVerifier.problems(program)).isEmpty();
    return program;
  }

  private static Verdict verdict(BpfProgram program, int number, long argument) {
    return new BpfSimulator(program).run(SeccompData.of(Arch.X86_64, number, argument)).verdict();
  }

  @Test
  void jumpsBeyond255InstructionsArrive() {
    BpfGraph graph = new BpfGraph();
    int far =
        graph.branchOn(
            SeccompData.argumentLow(0),
            BpfInstruction.JUMP_EQ,
            5,
            graph.returning(new Verdict(Action.TRAP, 0)),
            graph.returning(new Verdict(Action.LOG, 0)));
    BpfProgram program = assemble(graph, chain(graph, far));
    assertThat(program.length()).isGreaterThan(LONG);
    for (int number = 0; number < LONG; number++) {
      if (number % 2 == 0) {
        assertThat(verdict(program, number, 5).action()).as("%d", number).isEqualTo(Action.TRAP);
        assertThat(verdict(program, number, 6).action()).as("%d", number).isEqualTo(Action.LOG);
      } else {
        assertThat(verdict(program, number, 5).action()).as("%d", number).isEqualTo(Action.ERRNO);
      }
    }
    assertThat(verdict(program, LONG, 0)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void equalNodesAreOne() {
    BpfGraph graph = new BpfGraph();
    int allow = graph.returning(Verdict.ALLOW);
    assertThat(graph.returning(Verdict.ALLOW)).isEqualTo(allow);
    assertThat(graph.branch(BpfInstruction.JUMP_EQ, 1, allow, allow)).isEqualTo(allow);
  }

  @Test
  void aWordIsLoadedOnceForTestsInARow() {
    BpfGraph graph = new BpfGraph();
    int next = graph.returning(Verdict.ALLOW);
    for (int i = 0; i < 3; i++) {
      next =
          graph.branchOn(16, BpfInstruction.JUMP_EQ, i, graph.returning(Verdict.KILL_THREAD), next);
    }
    List<BpfInstruction> program = BpfAssembler.assemble(graph, next);
    assertThat(program).filteredOn(i -> i.code() == BpfInstruction.LOAD_WORD).hasSize(1);
    assertThat(program).hasSize(6);
  }
}
