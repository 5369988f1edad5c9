package dev.stockade.launcher.seccomp;

import dev.stockade.launcher.seccomp.SeccompVerdict.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Answers from a profile, without a program, what happens to a call and which rule is the reason.
 * It reads the rules one by one where the compiler merges them; a property test holds the two
 * together.
 */
public final class SeccompPolicy {
  private final Profile profile;
  private final List<Arch> archs;

  /**
   * Per ABI and number, the indexes of the rules that name the call and do not merely repeat the
   * default.
   */
  private final Map<Arch, Map<Integer, SortedSet<Integer>>> rules = new EnumMap<>(Arch.class);

  public SeccompPolicy(Profile profile, Arch nativeArch) {
    this.profile = profile;
    this.archs = profile.archs(nativeArch);
    for (Arch arch : archs) {
      rules.put(arch, byNumber(arch));
    }
  }

  private Map<Integer, SortedSet<Integer>> byNumber(Arch arch) {
    Map<Integer, SortedSet<Integer>> byNumber = new HashMap<>();
    for (int i = 0; i < profile.syscalls().size(); i++) {
      Rule rule = profile.syscalls().get(i);
      if (rule.verdict().equals(profile.defaultVerdict())) {
        continue;
      }
      for (String name : rule.names()) {
        OptionalInt number = SyscallTable.of(arch).number(name);
        if (number.isPresent()) {
          byNumber.computeIfAbsent(number.getAsInt(), n -> new TreeSet<>()).add(i);
        }
      }
    }
    return byNumber;
  }

  /** A rule that would decide; one without conditions is final. */
  private record Candidate(int rule, Verdict verdict, boolean isFinal, Reason reason, String why) {}

  /** What the kernel would do with a call under this profile, and why. */
  public SeccompVerdict explain(SeccompData call) {
    Optional<Arch> arch = Arch.ofCall(call.auditArch(), call.number());
    if (arch.filter(archs::contains).isEmpty()) {
      String name = arch.map(Arch::label).orElse("0x" + Integer.toHexString(call.auditArch()));
      return without(
          Verdict.KILL_THREAD,
          Reason.FOREIGN_ARCHITECTURE,
          "the profile does not list the architecture " + name);
    }
    return explain(arch.get(), call);
  }

  private SeccompVerdict explain(Arch arch, SeccompData call) {
    String name = SyscallTable.of(arch).name(call.number()).orElse("");
    Candidate best = best(direct(arch, call));
    Optional<Multiplexer> multiplexer = Multiplexer.named(arch, name);
    String hidden = multiplexer.map(m -> hiddenName(m, call)).orElse("");
    if (!hidden.isEmpty() && (best == null || !best.isFinal())) {
      Candidate strictest = strictest(hidden, arch);
      if (strictest != null && !strictest.verdict().equals(profile.defaultVerdict())) {
        best = best == null || strictest.verdict().compareTo(best.verdict()) < 0 ? strictest : best;
      }
    }
    if (best != null) {
      String why = label(name, call) + ": " + best.why();
      return new SeccompVerdict(best.verdict(), best.reason(), OptionalInt.of(best.rule()), why);
    }
    if (Horizon.of(profile, arch).isBefore(call.number())) {
      return without(
          Verdict.NEWER_THAN_PROFILE,
          Reason.NEWER_THAN_PROFILE,
          label(name, call) + " is newer than every call the profile names for " + arch.label());
    }
    String part = hidden.isEmpty() ? "" : " for " + hidden + ", whose arguments no filter can see";
    return without(
        profile.defaultVerdict(),
        Reason.DEFAULT,
        label(name, call) + ": no rule decides" + part + ", so the default action does");
  }

  private static SeccompVerdict without(Verdict verdict, Reason reason, String text) {
    return new SeccompVerdict(verdict, reason, OptionalInt.empty(), text);
  }

  private static String label(String name, SeccompData call) {
    return name.isEmpty() ? "call " + Integer.toUnsignedString(call.number()) : name;
  }

  private List<Candidate> direct(Arch arch, SeccompData call) {
    List<Candidate> candidates = new ArrayList<>();
    Map<Integer, SortedSet<Integer>> byNumber = rules.getOrDefault(arch, Map.of());
    for (int i : byNumber.getOrDefault(call.number(), Collections.emptySortedSet())) {
      Rule rule = profile.syscalls().get(i);
      for (List<Condition> all : rule.alternatives()) {
        if (all.stream().allMatch(c -> c.holds(arch, call.args().get(c.index())))) {
          boolean isFinal = all.stream().allMatch(c -> c.alwaysHolds(arch));
          String why = "syscalls[" + i + "]" + (isFinal ? "" : " because " + text(all));
          candidates.add(new Candidate(i, rule.verdict(), isFinal, Reason.RULE, why));
        }
      }
    }
    return candidates;
  }

  private static @Nullable Candidate best(List<Candidate> candidates) {
    Candidate best = null;
    for (Candidate candidate : candidates) {
      if (candidate.isFinal()) {
        return candidate;
      }
      if (best == null || candidate.verdict().compareTo(best.verdict()) < 0) {
        best = candidate;
      }
    }
    return best;
  }

  private static String hiddenName(Multiplexer multiplexer, SeccompData call) {
    long selector = call.args().get(0) & multiplexer.selectorMask();
    for (Map.Entry<String, Integer> entry : multiplexer.selectors().entrySet()) {
      if (entry.getValue() == selector) {
        return entry.getKey();
      }
    }
    return "";
  }

  /**
   * The strictest thing that could happen to a call whose arguments are unknown; null if no rule
   * names it.
   */
  private @Nullable Candidate strictest(String name, Arch arch) {
    Candidate strictest = null;
    for (int i = 0; i < profile.syscalls().size(); i++) {
      Rule rule = profile.syscalls().get(i);
      if (!rule.names().contains(name) || rule.verdict().equals(profile.defaultVerdict())) {
        continue;
      }
      Candidate candidate =
          new Candidate(
              i,
              rule.verdict(),
              rule.alternatives().stream()
                  .anyMatch(all -> all.stream().allMatch(c -> c.alwaysHolds(arch))),
              Reason.HIDDEN_CALL,
              "it stands for " + name + ", whose arguments no filter can see: syscalls[" + i + "]");
      if (candidate.isFinal()) {
        return candidate;
      }
      if (strictest == null || candidate.verdict().compareTo(strictest.verdict()) < 0) {
        strictest = candidate;
      }
    }
    boolean lenient =
        strictest != null && profile.defaultVerdict().compareTo(strictest.verdict()) < 0;
    return lenient ? null : strictest;
  }

  private static String text(List<Condition> conditions) {
    return String.join(" and ", conditions.stream().map(Condition::toString).toList());
  }
}
