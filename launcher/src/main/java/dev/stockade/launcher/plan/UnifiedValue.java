package dev.stockade.launcher.plan;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is written to files of cgroup2, as the kernel will show it again: only so can it be compared
 * (cgroup-v2.rst). Other spellings that the kernel takes are refused, and what it rounds is rounded
 * as it does.
 */
final class UnifiedValue {
  private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
  private static final String NUMBER_OR_MAX = "(max|" + NUMBER + ")";
  private static final String IN_BYTES = "write bytes in digits alone, or max";
  private static final Pattern MEMORY =
      Pattern.compile("memory\\.(min|low|high|max|swap\\.(high|max)|zswap\\.max)");
  private static final Pattern HUGE_PAGES =
      Pattern.compile("hugetlb\\.([1-9][0-9]{0,6})([KMG])B\\.(rsvd\\.)?max");
  private static final Pattern CPU_SETS = Pattern.compile("cpuset\\.(cpus|mems)");
  private static final long PAGE = 4096;
  private static final int LONGEST_SHOWN = 60;

  /** What the values of some files look like. */
  private record Rule(Pattern files, Pattern values, String advice) {
    static Rule of(String files, String values, String advice) {
      return new Rule(Pattern.compile(files), Pattern.compile(values), advice);
    }
  }

  private static final List<Rule> RULES =
      List.of(
          new Rule(MEMORY, Pattern.compile(NUMBER_OR_MAX), IN_BYTES),
          new Rule(HUGE_PAGES, Pattern.compile(NUMBER_OR_MAX), IN_BYTES),
          Rule.of("pids\\.max", NUMBER_OR_MAX, "write a number, or max"),
          Rule.of(
              "cpu\\.max",
              NUMBER_OR_MAX + " [1-9][0-9]{3,6}",
              "write quota and period in microseconds, as in 50000 100000 or max 100000"),
          Rule.of("cpu\\.(weight|max\\.burst)", NUMBER, "write a number"),
          Rule.of("cpu\\.idle|memory\\.(oom\\.group|zswap\\.writeback)", "[01]", "write 0 or 1"),
          Rule.of(
              "io\\.max",
              "[0-9]{1,4}:[0-9]{1,7} rbps=@ wbps=@ riops=@ wiops=@".replace("@", NUMBER_OR_MAX),
              "write one line with all four limits, as in"
                  + " 8:0 rbps=1048576 wbps=max riops=max wiops=max"),
          Rule.of("io\\.(bfq\\.)?weight", "default [1-9][0-9]{0,4}", "write default and a number"));

  private UnifiedValue() {}

  /** The value, if the kernel would show it so; otherwise that is a problem. */
  static Optional<String> of(String file, String value, Problems problems) {
    Optional<String> shown = Optional.of(value);
    String advice = "write a list of numbers as in 0-3,7";
    if (CPU_SETS.matcher(file).matches()) {
      shown = NumberList.parse(value).map(NumberList::toString);
    }
    for (Rule rule : RULES) {
      if (rule.files().matcher(file).matches() && !rule.values().matcher(value).matches()) {
        shown = Optional.empty();
        advice = rule.advice();
      }
    }
    if (shown.isEmpty()) {
      problems.add("linux.resources.unified." + file, unlike(file, value), advice);
    }
    return shown;
  }

  private static String unlike(String file, String value) {
    String begin = value.substring(0, Math.min(value.length(), LONGEST_SHOWN));
    return file
        + " = \""
        + begin
        + "\" is not what the kernel would show: it could not be verified";
  }

  /** Memory is limited in whole pages, huge pages in whole ones of their size. */
  static String rounded(String file, String value) {
    Matcher huge = HUGE_PAGES.matcher(file);
    boolean pages = huge.matches();
    if (value.equals("max") || !(pages || MEMORY.matcher(file).matches())) {
      return value;
    }
    long unit =
        pages ? Long.parseLong(huge.group(1)) << (10 * (1 + "KMG".indexOf(huge.group(2)))) : PAGE;
    return Long.toString(Long.parseLong(value) / unit * unit);
  }
}
