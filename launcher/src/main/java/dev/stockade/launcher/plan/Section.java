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
  /** Monitor: namespaces only a parent can join. */
  PARENT_JOINS,
  /** Monitor: the clone itself. */
  CLONE,
  /** Monitor: what a child that waits is given. */
  ATTEND,

  /** Child: a clean start. */
  BIRTH,
  JOINS,
  CLOCKS,
  PROPAGATION,
  /** The root is attached while the host's paths and ids still count. */
  ROOT,
  /** What only the host's ids may do. */
  HOST_IDS,
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
  CLOSE,
  /** What no longer opens files. */
  LIMITS,
  IDENTITY,
  PRIVILEGE,
  PROGRAM,
  FILTER,
  /** Without no_new_privs, the last of the privileges go after the filter. */
  AFTER_FILTER,
  LAST;

  boolean isMonitor() {
    return compareTo(BIRTH) < 0;
  }
}
