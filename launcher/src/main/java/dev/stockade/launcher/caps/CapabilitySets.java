package dev.stockade.launcher.caps;

/** The five capability sets of a thread, capabilities(7). */
public record CapabilitySets(
    CapabilitySet bounding,
    CapabilitySet effective,
    CapabilitySet permitted,
    CapabilitySet inheritable,
    CapabilitySet ambient) {
  /** Five empty sets. */
  public static final CapabilitySets NONE =
      new CapabilitySets(
          CapabilitySet.NONE,
          CapabilitySet.NONE,
          CapabilitySet.NONE,
          CapabilitySet.NONE,
          CapabilitySet.NONE);

  /**
   * The sets after execve(2) of a file that can do nothing but run.
   *
   * @param uid the real, effective and saved user id in the process's user namespace
   * @param secureBits {@link SecureBits}
   * @param noNewPrivs whether no_new_privs is set
   */
  public CapabilitySets afterExec(long uid, int secureBits, boolean noNewPrivs) {
    return afterExec(uid, 0, secureBits, noNewPrivs, Executable.PLAIN);
  }

  /**
   * The sets after a successful execve(2), computed as cap_bprm_creds_from_file of
   * security/commoncap.c does and capabilities(7) explains. The tracer, if any, is one that has
   * CAP_SYS_PTRACE over the process.
   *
   * @param uid the real, effective and saved user id in the process's user namespace
   * @param gid the group ids likewise
   * @param secureBits {@link SecureBits}
   * @param noNewPrivs whether no_new_privs is set
   * @param file the executable
   */
  public CapabilitySets afterExec(
      long uid, long gid, int secureBits, boolean noNewPrivs, Executable file) {
    long newUid = noNewPrivs ? uid : file.setUid().orElse(uid);
    long newGid = noNewPrivs ? gid : file.setGid().orElse(gid);
    CapabilitySet gained =
        file.capabilities()
            .map(f -> inheritable.and(f.inheritable()).plus(f.permitted().and(bounding)))
            .orElse(CapabilitySet.NONE);
    boolean raises = file.capabilities().map(FileCapabilities::effective).orElse(false);
    boolean rootGains = (secureBits & SecureBits.NOROOT) == 0;
    // A set-user-ID root program that also has capabilities gives its caller just those.
    boolean fileDecides = file.capabilities().isPresent() && uid != 0 && newUid == 0;
    if (rootGains && !fileDecides) {
      if (uid == 0 || newUid == 0) {
        gained = bounding.plus(inheritable);
      }
      raises |= newUid == 0;
    }
    boolean changesId = newUid != uid || newGid != gid;
    if (noNewPrivs && !permitted.containsAll(gained)) {
      gained = gained.and(permitted);
    }
    boolean losesAmbient = file.capabilities().isPresent() || changesId;
    CapabilitySet newAmbient = losesAmbient ? CapabilitySet.NONE : ambient;
    CapabilitySet newPermitted = gained.plus(newAmbient);
    CapabilitySet newEffective = raises ? newPermitted : newAmbient;
    return new CapabilitySets(bounding, newEffective, newPermitted, inheritable, newAmbient);
  }
}
