package dev.stockade.launcher.plan;

/**
 * What the kernel must show of one constraint.
 *
 * @param constraint the row
 * @param subject which of several, for example a path or a sysctl; empty where there is one only
 * @param expected in the canonical form of the constraint
 */
public record Claim(Constraint constraint, String subject, String expected) {}
