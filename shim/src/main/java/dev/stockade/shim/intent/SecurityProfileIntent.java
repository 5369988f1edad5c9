package dev.stockade.shim.intent;

/** Which seccomp or AppArmor profile is asked for. */
public sealed interface SecurityProfileIntent {
  /** Nothing was asked; what that means differs between seccomp and AppArmor. */
  record Unset() implements SecurityProfileIntent {}

  /** The default profile of the runtime. */
  record RuntimeDefault() implements SecurityProfileIntent {}

  /** No confinement by this mechanism. */
  record Unconfined() implements SecurityProfileIntent {}

  /**
   * A profile of the node.
   *
   * @param reference seccomp: absolute path of the profile file; AppArmor: name of a loaded profile
   */
  record Localhost(String reference) implements SecurityProfileIntent {}
}
