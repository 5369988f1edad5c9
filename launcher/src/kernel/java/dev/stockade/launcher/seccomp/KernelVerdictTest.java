package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.junit.jupiter.api.Test;

/**
 * The running kernel takes our programs and gives the verdicts the simulator gives. A filter
 * without TSYNC binds only the thread that installs it, so each is tried on a thread of its own.
 */
class KernelVerdictTest {
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int SECCOMP_SET_MODE_FILTER = 1;
  private static final int PROFILES = 40;
  private static final long SEED = Long.getLong("stockade.seed", 20261123L);

  /** syscall(2). */
  public interface LibC {
    long syscall(long number, long a, long b, long c, long d, long e, long f);
  }

  private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);
  private static final Arch NATIVE = Arch.ofSystemProperty(System.getProperty("os.arch"));

  private static int number(String name) {
    return SyscallTable.of(NATIVE).number(name).orElseThrow();
  }

  /** 0, or the errno. */
  private static int call(int number, List<Long> args) {
    long result =
        LIBC.syscall(
            number, args.get(0), args.get(1), args.get(2), args.get(3), args.get(4), args.get(5));
    return result == -1 ? LastError.getLastError(RUNTIME) : 0;
  }

  private static int call(String name, long... args) {
    return call(number(name), SeccompData.of(NATIVE, 0, args).args());
  }

  private static <T> T under(BpfProgram program, Callable<T> calls) throws Exception {
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              install(program);
              return calls.call();
            });
    Thread thread = new Thread(task, "under a filter");
    thread.start();
    T result = task.get(30, TimeUnit.SECONDS);
    thread.join(TimeUnit.SECONDS.toMillis(30));
    return result;
  }

  private static void install(BpfProgram program) {
    Pointer instructions = Memory.allocateDirect(RUNTIME, program.length() * BpfInstruction.SIZE);
    instructions.put(0, program.bytes(), 0, program.length() * BpfInstruction.SIZE);
    Pointer header = Memory.allocateDirect(RUNTIME, 16, true);
    header.putShort(0, (short) program.length());
    header.putAddress(8, instructions.address());
    assertThat(call("prctl", PR_SET_NO_NEW_PRIVS, 1)).isZero();
    assertThat(call("seccomp", SECCOMP_SET_MODE_FILTER, 0, header.address()))
        .as("errno of seccomp(SECCOMP_SET_MODE_FILTER), %s", program)
        .isZero();
  }

  @Test
  void theDefaultProfileIsInForce() throws Exception {
    BpfProgram program =
        SeccompCompiler.compile(DefaultProfile.forCapabilities(new TreeSet<>(), NATIVE), NATIVE);
    List<Integer> errnos =
        under(
            program,
            () ->
                List.of(
                    call("getppid"),
                    call("unshare", 0x10000000),
                    call("clone3"),
                    call("keyctl", 0),
                    call("socket", 38, 5),
                    call("socket", 0x1_0000_0028L, 1),
                    call("fchroot", -1),
                    call("listns"),
                    call(473, Collections.nCopies(6, 0L)),
                    call("io_uring_setup", 1),
                    call("mount")));
    assertThat(errnos).containsExactly(0, 1, 38, 1, 1, 1, 1, 38, 38, 1, 1);
  }

  @Test
  void conditionsAreComparedAsSimulated() throws Exception {
    Random random = new Random(SEED);
    int calls = 0;
    for (int i = 0; i < PROFILES; i++) {
      Profile profile = profile(random);
      BpfProgram program = SeccompCompiler.compile(profile, NATIVE);
      BpfSimulator simulator = new BpfSimulator(program);
      List<SeccompData> boundary = new ArrayList<>();
      new BoundaryCalls(profile, NATIVE, false)
          .forEach(
              call -> {
                if (call.number() == number("getppid") && call.auditArch() == NATIVE.auditArch()) {
                  boundary.add(call);
                }
              });
      List<Integer> simulated =
          boundary.stream().map(call -> simulator.run(call).verdict().data()).toList();
      List<Integer> real =
          under(program, () -> boundary.stream().map(c -> call(c.number(), c.args())).toList());
      assertThat(real).as(profile.toJson()).isEqualTo(simulated);
      calls += boundary.size();
    }
    System.out.printf(
        "seccomp: seed %d, %d programs in the kernel, %d calls as simulated%n",
        SEED, PROFILES, calls);
  }

  /** Rules about getppid, which does not look at its arguments. */
  private static Profile profile(Random random) {
    List<Rule> rules = new ArrayList<>();
    Comparison[] comparisons = Comparison.values();
    for (int i = 0; i < 3; i++) {
      List<Condition> conditions = new ArrayList<>();
      for (int c = 0; c < 2; c++) {
        long value = random.nextLong() >>> random.nextInt(64);
        Comparison op = comparisons[random.nextInt(comparisons.length)];
        conditions.add(new Condition(random.nextInt(6), value, random.nextLong() & value, op));
      }
      rules.add(new Rule(List.of("getppid"), Action.ERRNO, 100 + i, conditions));
    }
    return Profile.of(Action.ALLOW, List.of(), rules);
  }
}
