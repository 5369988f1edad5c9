package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.BpfProgram;
import java.util.List;

/** Identity and privilege. */
public sealed interface IdentityStep extends Step {
  /** Drops every other capability from the bounding set. */
  record Bounding(CapabilitySet keep) implements IdentityStep {}

  /** prctl(PR_SET_SECUREBITS). */
  record Securebits(long bits) implements IdentityStep {}

  /** The permitted set survives the change of uid. */
  record KeepCaps() implements IdentityStep {}

  /** setgroups(2). */
  record Groups(List<Long> gids) implements IdentityStep {}

  /** setresgid(2) with one id. */
  record Gid(long gid) implements IdentityStep {}

  /** setresuid(2) with one id. */
  record Uid(long uid) implements IdentityStep {}

  /** capset(2). */
  record Capset(CapabilitySet effective, CapabilitySet permitted, CapabilitySet inheritable)
      implements IdentityStep {}

  /** The ambient set is emptied, then these are raised. */
  record Ambient(CapabilitySet raise) implements IdentityStep {}

  record NoNewPrivs() implements IdentityStep {}

  /** Reports what /proc does not show: securebits and session keyring. */
  record Report() implements IdentityStep {}

  /**
   * Looks the program up in the new root.
   *
   * @param path PATH, for a name without a slash
   */
  record Resolve(String name, String path) implements IdentityStep {}

  /** Installs a filter, seccomp(2). */
  record Seccomp(BpfProgram program, long flags) implements IdentityStep {}
}
