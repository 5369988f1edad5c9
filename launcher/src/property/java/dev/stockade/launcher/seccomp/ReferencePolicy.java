package dev.stockade.launcher.seccomp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the documentation of the compiler promises, computed call by call in the most direct way and
 * with nothing of the compiler but the profile and the system call tables.
 */
final class ReferencePolicy {
  private static final int NATIVE_64 = 0xC000003E;
  private static final int ARM_64 = 0xC00000B7;
  private static final int ARM_32 = 0x40000028;
  private static final int INTEL_32 = 0x40000003;
  private static final BigInteger TWO_32 = BigInteger.ONE.shiftLeft(32);
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);
  private static final Verdict FOREIGN = new Verdict(Action.KILL_THREAD, 0);
  private static final Verdict NEWER = new Verdict(Action.ERRNO, 38);

  private static final List<String> SOCKETCALL =
      List.of(
          ("- socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown"
                  + " setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg")
              .split(" "));
  private static final List<String> IPC =
      List.of(
          ("- semop semget semctl semtimedop - - - - - - msgsnd msgrcv msgget msgctl - - - - - - shmat shmdt shmget"
                  + " shmctl")
              .split(" "));

  private final Profile profile;
  private final boolean intel;
  private final boolean refuses;
  private final Map<Arch, Map<Integer, List<Rule>>> rules = new HashMap<>();
  private final Map<Arch, Long> newest = new HashMap<>();

  ReferencePolicy(Profile profile, Arch nativeArch) {
    this.profile = profile;
    this.refuses =
        List.of("KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "ERRNO")
            .contains(profile.defaultAction().name());
    this.intel = nativeArch == Arch.X86_64;
    for (Arch arch : Arch.values()) {
      boolean listed = profile.architectures().stream().anyMatch(a -> a.name().equals(arch.name()));
      if (arch == nativeArch || (listed && intel == arch.name().startsWith("X"))) {
        index(arch);
      }
    }
  }

  private void index(Arch arch) {
    Map<Integer, List<Rule>> byNumber = new HashMap<>();
    Map<String, Integer> numbers = SyscallTable.of(arch).numbers();
    for (Rule rule : profile.syscalls()) {
      for (String name : rule.names()) {
        Integer number = numbers.get(name);
        if (number != null) {
          List<Rule> list = byNumber.computeIfAbsent(number, n -> new ArrayList<>());
          if (list.isEmpty() || !list.get(list.size() - 1).equals(rule)) {
            list.add(rule);
          }
          long bare = number & 0x3fffffff;
          boolean ordinary = arch == Arch.X32 ? bare < 512 || bare > 547 : bare < 0xf0000;
          if (ordinary) {
            newest.merge(arch, bare, Long::max);
          }
        }
      }
    }
    byNumber.values().forEach(list -> list.removeIf(rule -> verdict(rule).equals(fallback())));
    rules.put(arch, byNumber);
  }

  Verdict verdict(SeccompData call) {
    Optional<Arch> arch = arch(call).filter(rules::containsKey);
    if (arch.isEmpty()) {
      return FOREIGN;
    }
    List<Verdict> candidates = candidates(arch.get(), call);
    if (!candidates.isEmpty()) {
      return Collections.min(candidates);
    }
    return isNewer(arch.get(), call.number()) ? NEWER : fallback();
  }

  /** Whether a call gets ENOSYS in the place of a refusing default. */
  boolean isNewer(Arch arch, int number) {
    long bare = arch == Arch.X32 ? (number & 0xffffffffL) - 0x40000000L : number & 0xffffffffL;
    boolean apart =
        (arch == Arch.X32 && bare >= 512 && bare <= 547)
            || (arch == Arch.ARM && bare >= 0xf0000 && bare <= 0xf07ff);
    return refuses && bare > newest.getOrDefault(arch, Long.MAX_VALUE) && number != -1 && !apart;
  }

  /** The rules whose conditions hold; if one is unconditional, only the first of those. */
  List<Verdict> matching(Arch arch, SeccompData call) {
    List<Verdict> holding = new ArrayList<>();
    for (Rule rule : named(arch, call.number())) {
      if (isUnconditional(arch, rule)) {
        return List.of(verdict(rule));
      }
      if (holds(arch, rule, call)) {
        holding.add(verdict(rule));
      }
    }
    return holding;
  }

  /**
   * The sets of conditions of the rules that count for a number; none if a rule without conditions
   * decides.
   */
  List<List<Condition>> clauses(Arch arch, int number) {
    List<List<Condition>> clauses = new ArrayList<>();
    for (Rule rule : named(arch, number)) {
      if (isUnconditional(arch, rule)) {
        return List.of();
      }
      if (repeats(rule)) {
        rule.args().forEach(condition -> clauses.add(List.of(condition)));
      } else {
        clauses.add(rule.args());
      }
    }
    return clauses;
  }

  boolean lists(Arch arch) {
    return rules.containsKey(arch);
  }

  Optional<Arch> arch(SeccompData call) {
    int number = call.number();
    return switch (call.auditArch()) {
      case NATIVE_64 -> {
        boolean x32 = number != -1 && (number < 0 || number >= 0x40000000);
        yield Optional.of(x32 ? Arch.X32 : Arch.X86_64);
      }
      case INTEL_32 -> Optional.of(Arch.X86);
      case ARM_64 -> Optional.of(Arch.AARCH64);
      case ARM_32 -> Optional.of(Arch.ARM);
      default -> Optional.empty();
    };
  }

  private List<Verdict> candidates(Arch arch, SeccompData call) {
    List<Rule> named = named(arch, call.number());
    if (named.stream().anyMatch(rule -> isUnconditional(arch, rule))) {
      return matching(arch, call);
    }
    List<Verdict> candidates = new ArrayList<>(matching(arch, call));
    if (arch == Arch.X86 && (call.number() == 102 || call.number() == 117)) {
      int selector = (int) (call.args().get(0) & (call.number() == 102 ? 0xffffffffL : 0xffffL));
      List<String> names = call.number() == 102 ? SOCKETCALL : IPC;
      if (selector > 0 && selector < names.size()) {
        hidden(arch, names.get(selector)).ifPresent(candidates::add);
      }
    }
    return candidates;
  }

  private Optional<Verdict> hidden(Arch arch, String name) {
    List<Verdict> possible = new ArrayList<>();
    for (Rule rule : profile.syscalls()) {
      if (rule.names().contains(name) && !verdict(rule).equals(fallback())) {
        if (isUnconditional(arch, rule)) {
          return Optional.of(verdict(rule));
        }
        possible.add(verdict(rule));
      }
    }
    possible.add(fallback());
    return Optional.of(Collections.min(possible)).filter(v -> !v.equals(fallback()));
  }

  private List<Rule> named(Arch arch, int number) {
    return rules.getOrDefault(arch, Map.of()).getOrDefault(number, List.of());
  }

  private static boolean isUnconditional(Arch arch, Rule rule) {
    if (repeats(rule)) {
      return rule.args().stream().anyMatch(c -> isEmpty(arch, c));
    }
    return rule.args().stream().allMatch(c -> isEmpty(arch, c));
  }

  private static boolean isEmpty(Arch arch, Condition c) {
    return c.op() == Comparison.MASKED_EQ && visible(arch, c.value()).signum() == 0;
  }

  private static boolean holds(Arch arch, Rule rule, SeccompData call) {
    return repeats(rule)
        ? rule.args().stream().anyMatch(c -> holds(arch, c, call))
        : rule.args().stream().allMatch(c -> holds(arch, c, call));
  }

  private static boolean repeats(Rule rule) {
    return rule.args().stream().map(Condition::index).distinct().count() != rule.args().size();
  }

  private static boolean holds(Arch arch, Condition c, SeccompData call) {
    BigInteger actual = visible(arch, call.args().get(c.index()));
    BigInteger value = visible(arch, c.value());
    return switch (c.op().name()) {
      case "EQ" -> actual.equals(value);
      case "NE" -> !actual.equals(value);
      case "LT" -> actual.compareTo(value) < 0;
      case "LE" -> actual.compareTo(value) <= 0;
      case "GT" -> actual.compareTo(value) > 0;
      case "GE" -> actual.compareTo(value) >= 0;
      default -> actual.and(value).equals(visible(arch, c.valueTwo()).and(value));
    };
  }

  private static BigInteger visible(Arch arch, long word) {
    boolean wide = arch == Arch.X86_64 || arch == Arch.AARCH64;
    return BigInteger.valueOf(word).mod(wide ? TWO_64 : TWO_32);
  }

  private Verdict fallback() {
    Integer errno = profile.defaultErrnoRet();
    return new Verdict(profile.defaultAction(), errno == null ? 1 : errno);
  }

  private static Verdict verdict(Rule rule) {
    return new Verdict(rule.action(), rule.errnoRet() == null ? 1 : rule.errnoRet());
  }
}
