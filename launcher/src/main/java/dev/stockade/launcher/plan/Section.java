package dev.stockade.launcher.plan;

/**
 * The parts of a plan in the order in which they happen. Stages add steps to sections; {@link
 * LawBook} says why the order is as it is, and {@link PlanChecker} holds every plan to it.
 */
enum Section {
  /**
   * Monitor: what it keeps track of. Before the clone, so that a monitor that cannot do it starts
   * nothing.
   */
  FOLLOW,
  /** Monitor: the user namespace the clone is made in. */
  USER_NS,
  /** Monitor: the clone itself. */
  CLONE,
  /** Monitor: what a child that waits is given. */
  ATTEND,

  /** Child: a clean start. */
  START,
  JOINS,
  CLOCKS,
  PROPAGATION,
  /** The root is attached while the host's paths and ids still count. */
  ROOT,
  USER_NS_ROOT,
  /** Into the mount namespace of a running container. */
  MOUNT_JOIN,
  KEYRING,
  NETWORK,
  MOUNTS,
  DEVICES,
  TERMINAL,
  READ_ONLY,
  MASKS,
  ROOT_FLAGS,
  PIVOT,
  KERNEL_NAMES,
  STDIO,
  LSM,
  /** The PID namespace that the birth is into: nobody else may be born there. */
  PID_JOIN,
  CLOSE,
  /** What no longer opens files. */
  LIMITS,
  IDENTITY,
  PRIVILEGE,
  PROGRAM,
  /** Seen by others from here on, where the PID namespace is theirs. */
  BIRTH,
  SESSION,
  FILTER,
  /** Without no_new_privs, the last of the privileges go after the filter. */
  AFTER_FILTER,
  LAST;

  boolean isMonitor() {
    return compareTo(START) < 0;
  }
}
