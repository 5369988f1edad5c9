package dev.stockade.shim.config;

/**
 * {@code [degradation]}: constraints of which the administrator says that they may be missing.
 *
 * @param oomScoreAdj a lower OOM score than the daemon may set (it lacks CAP_SYS_RESOURCE)
 * @param apparmorMode that a named AppArmor profile is enforced (it only complains)
 * @param sessionKeyring a session keyring of its own (the key quota of its user is used up)
 * @param seLinuxMode that SELinux enforces, on a node that has it (the node or the type is
 *     permissive)
 */
public record DegradationConfig(
    Response oomScoreAdj, Response apparmorMode, Response sessionKeyring, Response seLinuxMode) {
  static final DegradationConfig DEFAULT =
      new DegradationConfig(Response.ENFORCE, Response.ENFORCE, Response.ENFORCE, Response.ENFORCE);

  static DegradationConfig read(Section section) {
    return new DegradationConfig(
        section.choice("oom_score_adj", DEFAULT.oomScoreAdj),
        section.choice("apparmor_mode", DEFAULT.apparmorMode),
        section.choice("session_keyring", DEFAULT.sessionKeyring),
        section.choice("selinux_mode", DEFAULT.seLinuxMode));
  }
}
