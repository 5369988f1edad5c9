package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import java.util.List;
import java.util.Optional;

/**
 * What a program that runs already may have changed itself, by means that the launch gave it: such
 * a value says nothing about the launch. What it cannot have changed is compared as ever.
 */
final class OwnChange {
  private final CapabilitySet bounding;
  private final CapabilitySet inheritable;

  /** What it, and what it executes, can have: no_new_privs ends what exec adds, capabilities(7). */
  private final CapabilitySet reach;

  private final boolean setIdPrograms;

  OwnChange(List<Claim> claims) {
    this.setIdPrograms = !expected(claims, Constraint.NO_NEW_PRIVS).equals("1");
    this.bounding = capabilities(expected(claims, Constraint.CAPABILITIES_BOUNDING));
    this.inheritable = capabilities(expected(claims, Constraint.CAPABILITIES_INHERITABLE));
    CapabilitySet permitted = capabilities(expected(claims, Constraint.CAPABILITIES_PERMITTED));
    this.reach = setIdPrograms ? bounding : permitted;
  }

  private static String expected(List<Claim> claims, Constraint constraint) {
    return claims.stream()
        .filter(claim -> claim.constraint() == constraint)
        .map(Claim::expected)
        .findFirst()
        .orElse("");
  }

  private static CapabilitySet capabilities(String hex) {
    return new CapabilitySet(hex.isEmpty() ? 0 : Long.parseUnsignedLong(hex, 16));
  }

  /** Whether the program can have made this value of what was asked for. */
  boolean possible(Claim claim, String value) {
    return switch (claim.constraint()) {
      case USER_UMASK, PROCESS_SIGNALS, PROCESS_CWD, PROCESS_DESCRIPTORS, PROCESS_EXECUTABLE ->
          true;
      case USER_UID -> setIdPrograms || has(Capability.SETUID);
      case USER_GID -> setIdPrograms || has(Capability.SETGID);
      case USER_GROUPS -> has(Capability.SETGID);
      case CAPABILITIES_PERMITTED, CAPABILITIES_EFFECTIVE, CAPABILITIES_AMBIENT ->
          reach.containsAll(shown(value));
      case CAPABILITIES_INHERITABLE ->
          (has(Capability.SETPCAP) ? bounding : reach.plus(inheritable)).containsAll(shown(value));
      case PROCESS_RLIMIT -> has(Capability.SYS_RESOURCE) || underHardLimit(claim, value);
      case PROCESS_OOM_SCORE_ADJ -> has(Capability.SYS_RESOURCE);
      case DEVICES_NODE -> value.equals("absent") || has(Capability.MKNOD);
      case MOUNTS_ROOT,
          MOUNTS_MOUNT,
          MOUNTS_SOURCE,
          MOUNTS_TREE,
          MOUNTS_OPTIONS,
          MOUNTS_PROPAGATION,
          MOUNTS_MASKED,
          MOUNTS_READ_ONLY,
          MOUNTS_OTHERS,
          LSM_SELINUX_FILES,
          HOSTNAME,
          DOMAINNAME,
          SYSCTL ->
          has(Capability.SYS_ADMIN);
      default -> false;
    };
  }

  private boolean has(Capability capability) {
    return reach.contains(capability);
  }

  /** All of them if the value is none, so that it is in no set. */
  private static CapabilitySet shown(String hex) {
    try {
      return capabilities(hex);
    } catch (NumberFormatException e) {
      return new CapabilitySet(-1);
    }
  }

  /** setrlimit(2): the soft limit is the program's own, up to the hard one. */
  private static boolean underHardLimit(Claim claim, String value) {
    Optional<LimitPair> asked = LimitPair.parse(claim.expected());
    return asked.isPresent()
        && LimitPair.parse(value)
            .filter(v -> v.within(new LimitPair(asked.get().hard(), asked.get().hard())))
            .isPresent();
  }
}
