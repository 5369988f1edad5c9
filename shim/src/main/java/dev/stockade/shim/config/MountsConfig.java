package dev.stockade.shim.config;

/**
 * {@code [mounts]}.
 *
 * @param missingSource what happens to a mount whose host path is not there
 * @param beneathSys whether containers that are not privileged may have mounts beneath /sys
 */
public record MountsConfig(MissingSource missingSource, BeneathSys beneathSys) {
  static final MountsConfig DEFAULT = new MountsConfig(MissingSource.REFUSE, BeneathSys.REFUSE);

  /** What happens to a mount whose host path is not there. */
  public enum MissingSource {
    /** The request fails. */
    REFUSE,
    /** A directory of root's is made there. */
    MAKE_DIRECTORY
  }

  /** Whether there may be mounts beneath /sys. */
  public enum BeneathSys {
    /** The request fails, unless the container is privileged. */
    REFUSE,
    /** They are made. */
    ALLOW
  }

  static MountsConfig read(Section section) {
    return new MountsConfig(
        section.choice("missing_source", DEFAULT.missingSource),
        section.choice("beneath_sys", DEFAULT.beneathSys));
  }
}
