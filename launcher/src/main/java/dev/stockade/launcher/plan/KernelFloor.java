package dev.stockade.launcher.plan;

import dev.stockade.launcher.seccomp.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What every launch needs of a kernel and a node; without it a daemon does not start. */
public final class KernelFloor {
  private static final int MAJOR = 6;
  private static final int MINOR = 12;
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,5})\\.(\\d{1,5})(?:\\D.*)?");

  private KernelFloor() {}

  /** Everything that is missing, each with what to do; empty = this host will do. */
  public static List<String> missing(HostFacts facts) {
    List<String> missing = new ArrayList<>();
    if (!recent(facts.kernelRelease())) {
      missing.add(
          "Linux %d.%d or later (%s is running; boot a newer kernel)"
              .formatted(MAJOR, MINOR, facts.kernelRelease()));
    }
    if (facts.cgroupMount().isEmpty()) {
      missing.add("a cgroup2 file system (none is mounted; mount one, usually at /sys/fs/cgroup)");
    }
    if (!facts.seccompActions().contains(Action.ALLOW)) {
      missing.add("seccomp filters (boot a kernel that is built with CONFIG_SECCOMP_FILTER)");
    }
    if (!facts.recursiveReadOnly()) {
      missing.add("mount_setattr(2) (allow it where the daemon runs)");
    }
    return List.copyOf(missing);
  }

  private static boolean recent(String release) {
    Matcher matcher = RELEASE.matcher(release);
    if (!matcher.matches()) {
      return false;
    }
    int major = Integer.parseInt(matcher.group(1));
    int minor = Integer.parseInt(matcher.group(2));
    return major > MAJOR || (major == MAJOR && minor >= MINOR);
  }
}
