package dev.stockade.launcher.plan;

/** The child's birth and namespaces. */
public sealed interface NamespaceStep extends Step {
  /** Closes every descriptor that is not a filled slot, close_range(2). */
  record CloseFds() implements NamespaceStep {}

  /** A session of its own, setsid(2). */
  record SetSid() implements NamespaceStep {}

  /**
   * setns(2).
   *
   * @param type one bit of {@link CloneFlags}
   */
  record JoinNs(Slot ns, long type) implements NamespaceStep {}

  /**
   * unshare(2).
   *
   * @param flags {@link CloneFlags}
   */
  record Unshare(long flags) implements NamespaceStep {}

  /**
   * The offsets of the unshared time namespace, time_namespaces(7).
   *
   * @param text lines of clock, seconds and nanoseconds
   */
  record TimeOffsets(String text) implements NamespaceStep {}

  /** A session keyring of its own, session-keyring(7). */
  record SessionKeyring(String name, Tolerance tolerance) implements NamespaceStep {}

  /**
   * The propagation of every mount the namespace was born with.
   *
   * @param flags {@link MountFlags}
   */
  record Propagation(long flags) implements NamespaceStep {}

  /** The loopback interface goes up. */
  record LoopbackUp() implements NamespaceStep {}

  /**
   * The process of {@link Birth} will live in this PID namespace, setns(2); the one that joins does
   * not.
   */
  record JoinPidNs(Slot ns) implements NamespaceStep {}

  /**
   * The steps behind are carried out by another process of a session of its own, whose parent is
   * the monitor, clone(2).
   */
  record Birth() implements NamespaceStep {}

  /** Uid 0, gid 0 and no groups of the user namespace; until then the ids are the host's. */
  record UserNsRoot() implements NamespaceStep {}
}
