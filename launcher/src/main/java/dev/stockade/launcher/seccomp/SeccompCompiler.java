package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Compiles a profile to the program the kernel runs before every system call.
 *
 * <p>The program first looks at the audit architecture, then searches the number, then compares
 * arguments where rules have conditions. {@link DecisionTable} says how rules are weighed, {@link
 * Horizon} which calls get ENOSYS instead of a refusing default. A call of an ABI that the profile
 * does not list kills the thread, as libseccomp's default does; the native ABI is always listed.
 * x32 shares the architecture of x86_64: where it is not listed, numbers from 0x40000000 kill,
 * except -1, the skipped call of a tracer, which gets the default action.
 */
public final class SeccompCompiler {
  /**
   * Part of the key of compiled programs: changes whenever the same profile may give another
   * program.
   */
  public static final String VERSION = "1";

  private static final double NATIVE_CALL = 1;
  private static final double OTHER_CALL = 1.0 / 16;
  private static final double UNNAMED_RUN = 1.0 / 64;

  private final BpfGraph graph = new BpfGraph();
  private final Profile profile;
  private final Arch nativeArch;

  private SeccompCompiler(Profile profile, Arch nativeArch) {
    this.profile = profile;
    this.nativeArch = nativeArch;
  }

  /**
   * Compiles a profile; the same arguments always give the same program.
   *
   * @throws ProfileException if the profile cannot be enforced as written, or needs more
   *     instructions than the kernel takes
   */
  public static BpfProgram compile(Profile profile, Arch nativeArch) throws ProfileException {
    List<String> problems = ProfileReview.of(profile).problems();
    if (!problems.isEmpty()) {
      throw new ProfileException(problems);
    }
    List<BpfInstruction> program;
    try {
      SeccompCompiler compiler = new SeccompCompiler(profile, nativeArch);
      program = BpfAssembler.assemble(compiler.graph, compiler.dispatch());
    } catch (BpfGraph.TooLarge e) {
      throw tooLarge("more than " + 2 * BpfProgram.MAX_LENGTH);
    }
    if (program.size() > BpfProgram.MAX_LENGTH) {
      throw tooLarge(Integer.toString(program.size()));
    }
    return BpfProgram.of(program);
  }

  private static ProfileException tooLarge(String needed) {
    return new ProfileException(
        List.of(
            "syscalls: the rules need "
                + needed
                + " BPF instructions, the kernel takes "
                + BpfProgram.MAX_LENGTH));
  }

  private int dispatch() {
    List<Arch> archs = profile.archs(nativeArch);
    int next = graph.returning(Verdict.KILL_THREAD);
    for (int i = archs.size() - 1; i >= 0; i--) {
      Arch arch = archs.get(i);
      if (arch != Arch.X32) {
        boolean withX32 = arch == Arch.X86_64 && archs.contains(Arch.X32);
        int search = graph.load(SeccompData.NUMBER, DecisionTree.build(graph, runs(arch, withX32)));
        next = graph.branch(BpfInstruction.JUMP_EQ, arch.auditArch(), search, next);
      }
    }
    return graph.load(SeccompData.AUDIT_ARCH, next);
  }

  private List<DecisionTree.Run> runs(Arch arch, boolean withX32) {
    DecisionTable table = DecisionTable.of(profile, arch);
    if (arch != Arch.X86_64) {
      return runs(table, 0, false);
    }
    List<DecisionTree.Run> runs = new ArrayList<>(runs(table, 0, true));
    runs.removeIf(run -> Integer.compareUnsigned(run.first(), Arch.X32.numberBit()) >= 0);
    if (withX32) {
      runs.addAll(runs(DecisionTable.of(profile, Arch.X32), Arch.X32.numberBit(), true));
    } else {
      int kill = graph.returning(Verdict.KILL_THREAD);
      runs.add(new DecisionTree.Run(Arch.X32.numberBit(), kill, UNNAMED_RUN));
    }
    int skipped = graph.returning(profile.defaultVerdict());
    runs.removeIf(run -> run.first() == -1);
    runs.add(new DecisionTree.Run(-1, skipped, UNNAMED_RUN));
    return runs;
  }

  private List<DecisionTree.Run> runs(DecisionTable table, int first, boolean shared) {
    TreeSet<Integer> starts = new TreeSet<>(Integer::compareUnsigned);
    starts.add(first);
    starts.add(-1);
    for (int edge : table.edges()) {
      starts.add(edge);
    }
    for (int number : table.decisions().keySet()) {
      starts.add(number);
      starts.add(number + 1);
    }
    double call = table.arch() == nativeArch || !shared ? NATIVE_CALL : OTHER_CALL;
    ConditionCode code = new ConditionCode(graph, table.arch());
    List<DecisionTree.Run> runs = new ArrayList<>();
    for (int start : starts) {
      double weight = table.decisions().containsKey(start) ? call : UNNAMED_RUN;
      runs.add(new DecisionTree.Run(start, code.decision(table.at(start)), weight));
    }
    return runs;
  }
}
