package dev.stockade.launcher.plan;

/**
 * What the kernel showed.
 *
 * @param constraint the row
 * @param subject as in the claim
 * @param value in the canonical form of the constraint
 * @param source where it was read, for example {@code /proc/PID/status CapEff}
 * @param kind how far it can be believed
 */
public record Reading(
    Constraint constraint, String subject, String value, String source, Kind kind) {
  /** How far a reading can be believed. */
  public enum Kind {
    /** The kernel showed it. */
    KERNEL,
    /** The process said so before it lost control, because the kernel shows it to nobody else. */
    SELF_REPORTED,
    /** The kernel shows only that there is something, not what. */
    COUNT_ONLY,
    /** It could not be read; the value says why. */
    UNREADABLE
  }

  /** A reading from the kernel. */
  public static Reading kernel(Constraint constraint, String subject, String value, String source) {
    return new Reading(constraint, subject, value, source, Kind.KERNEL);
  }
}
