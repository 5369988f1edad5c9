package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be said about a well-formed profile: the reasons it cannot be enforced, and the places
 * where it says less than its author may think.
 *
 * @param problems why the profile is refused, one sentence each with its place in the JSON
 * @param warnings what has no effect, in the same form
 */
public record ProfileReview(List<String> problems, List<String> warnings) {
  private static final int MAX_SENTENCES = 100;
  private static final long LOW_HALF = 0xffff_ffffL;

  public ProfileReview {
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }

  public static ProfileReview of(Profile profile) {
    Reviewer reviewer = new Reviewer(profile);
    reviewer.review();
    return new ProfileReview(cut(reviewer.problems), cut(reviewer.warnings));
  }

  private static List<String> cut(List<String> sentences) {
    if (sentences.size() <= MAX_SENTENCES) {
      return sentences;
    }
    List<String> cut = new ArrayList<>(sentences.subList(0, MAX_SENTENCES));
    cut.add("$: " + (sentences.size() - MAX_SENTENCES) + " more of the kind");
    return cut;
  }

  private static final class Reviewer {
    private final Profile profile;
    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Set<String> decided = new HashSet<>();

    Reviewer(Profile profile) {
      this.profile = profile;
    }

    void review() {
      checkErrno("defaultErrnoRet", profile.defaultAction(), profile.defaultErrnoRet());
      for (int i = 0; i < profile.architectures().size(); i++) {
        ProfileArch arch = profile.architectures().get(i);
        if (arch.arch().isEmpty()) {
          warnings.add(
              "architectures["
                  + i
                  + "]: "
                  + arch.ociName()
                  + " has no effect, no supported kernel serves it");
        }
      }
      if (profile.flags().contains(FilterFlag.WAIT_KILLABLE_RECV) && !profile.notifies()) {
        problems.add(
            "flags: "
                + FilterFlag.WAIT_KILLABLE_RECV.ociName()
                + " needs a rule with "
                + Action.NOTIFY.ociName());
      }
      if (profile.notifies() && profile.listenerPath() == null) {
        problems.add(
            "listenerPath: missing, but "
                + Action.NOTIFY.ociName()
                + " is used and its calls would never be answered");
      }
      if (!problems.isEmpty() && problems.get(0).startsWith("defaultErrnoRet")) {
        return;
      }
      for (int i = 0; i < profile.syscalls().size(); i++) {
        reviewRule("syscalls[" + i + "]", profile.syscalls().get(i));
      }
    }

    private void reviewRule(String at, Rule rule) {
      int before = problems.size();
      checkErrno(at + ".errnoRet", rule.action(), rule.errnoRet());
      if (problems.size() > before) {
        return;
      }
      for (int i = 0; i < rule.names().size(); i++) {
        reviewName(at + ".names[" + i + "]", rule, rule.names().get(i));
      }
      if (rule.alternatives().size() > 1) {
        warnings.add(
            at
                + ".args: an argument appears twice, so any one of the conditions is enough (runc reads it so)");
      }
      boolean narrow =
          profile.architectures().stream()
              .anyMatch(a -> a.arch().filter(x -> !x.wideArguments()).isPresent());
      if (narrow
          && rule.args().stream().anyMatch(c -> Long.compareUnsigned(c.value(), LOW_HALF) > 0)) {
        warnings.add(
            at
                + ".args: a value exceeds 32 bits; on 32-bit architectures only its low half is compared");
      }
    }

    private void reviewName(String at, Rule rule, String name) {
      Verdict verdict = rule.verdict();
      if (!SyscallTable.isKnownAnywhere(name)) {
        String unknown =
            at
                + ": no Linux architecture has a system call \""
                + name
                + "\" ("
                + SyscallTable.of(Arch.X86_64).origin()
                + ")";
        boolean restricts =
            verdict.action().refuses() || verdict.compareTo(profile.defaultVerdict()) < 0;
        (restricts ? problems : warnings).add(unknown);
      } else if (decided.contains(name)) {
        warnings.add(at + ": " + name + " is decided by an earlier rule without conditions");
      } else if (verdict.equals(profile.defaultVerdict())) {
        warnings.add(
            at + ": the rule equals the default action and is skipped (runc and libseccomp do so)");
      } else if (rule.args().isEmpty()) {
        decided.add(name);
      }
    }

    private void checkErrno(String at, Action action, @Nullable Integer errno) {
      if (errno == null) {
        return;
      }
      int max = action == Action.ERRNO ? Verdict.MAX_ERRNO : Verdict.MAX_DATA;
      if (!action.takesErrno()) {
        problems.add(at + ": " + action.ociName() + " does not take an errno");
      } else if (errno < 0 || errno > max) {
        problems.add(at + ": " + errno + " is not 0 to " + max);
      }
    }
  }
}
