package dev.stockade.shim.config;

import java.util.regex.Pattern;

/**
 * {@code [cgroup]}.
 *
 * @param parent path within the cgroup2 hierarchy for pods that name no parent of their own, with a
 *     leading slash; empty for what suits the daemon's own place
 * @param driver who makes cgroups; told to the kubelet by RuntimeConfig
 * @param missingControllers what happens to a limit whose controller the kernel or the hierarchy
 *     does not have
 */
public record CgroupConfig(String parent, Driver driver, Response missingControllers) {
  static final CgroupConfig DEFAULT = new CgroupConfig("", Driver.CGROUPFS, Response.ENFORCE);

  private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9_.:@-]{1,255})+");
  private static final int LONGEST = 1024;

  /** Who makes cgroups. */
  public enum Driver {
    /** The daemon itself. */
    CGROUPFS
  }

  static CgroupConfig read(Section section) {
    return new CgroupConfig(
        section.text("parent", DEFAULT.parent, CgroupConfig::parent),
        section.choice("driver", DEFAULT.driver),
        section.choice("missing_controllers", DEFAULT.missingControllers));
  }

  private static String parent(String text) throws Section.WrongValue {
    if (text.isEmpty()) {
      return text;
    }
    boolean climbs = (text + "/").contains("/./") || (text + "/").contains("/../");
    if (text.length() > LONGEST || !PATH.matcher(text).matches() || climbs) {
      throw new Section.WrongValue(
          "is " + Shown.of(text) + ", not a path such as /stockade within the cgroup2 hierarchy");
    }
    return text;
  }
}
