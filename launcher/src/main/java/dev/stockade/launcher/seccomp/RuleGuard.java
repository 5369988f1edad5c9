package dev.stockade.launcher.seccomp;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** When a rule of the Docker dialect is part of the profile: its includes and excludes. */
record RuleGuard(Clause includes, Clause excludes) {
  static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(\\D.*)?");

  /**
   * One of the two. What is empty says nothing.
   *
   * @param caps of the bounding set
   * @param arches as Go names them, e.g. {@code amd64}
   * @param minKernel major and minor, e.g. {@code 4.8}
   */
  record Clause(List<String> caps, List<String> arches, String minKernel) {
    static final Clause NONE = new Clause(List.of(), List.of(), "");

    private boolean machine(ProfileDocument.Subject subject) {
      return arches.contains(goName(subject.arch()));
    }

    private boolean kernel(ProfileDocument.Subject subject) {
      Matcher running = RELEASE.matcher(subject.kernelRelease());
      Matcher wanted = VERSION.matcher(minKernel);
      if (!running.matches() || !wanted.matches()) {
        return false;
      }
      int major = Integer.compare(number(running, 1), number(wanted, 1));
      return major > 0 || (major == 0 && number(running, 2) >= number(wanted, 2));
    }
  }

  /** Everything of the includes and nothing of the excludes; of capabilities as well. */
  boolean lets(ProfileDocument.Subject subject) {
    boolean excluded =
        excludes.machine(subject)
            || excludes.caps().stream().anyMatch(subject.bounding()::contains)
            || excludes.kernel(subject);
    return !excluded
        && (includes.arches().isEmpty() || includes.machine(subject))
        && subject.bounding().containsAll(includes.caps())
        && (includes.minKernel().isEmpty() || includes.kernel(subject));
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  private static String goName(Arch arch) {
    return switch (arch) {
      case X86_64 -> "amd64";
      case AARCH64 -> "arm64";
      case X86 -> "386";
      case X32 -> "amd64p32";
      case ARM -> "arm";
    };
  }
}
