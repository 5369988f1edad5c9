package dev.stockade.launcher.plan;

/** What is launched. */
public enum LaunchKind {
  /** A container's first process, in a root of its own. */
  CONTAINER,
  /** A further process in the namespaces of a running container. */
  EXEC,
  /** No process that stays: a pod's namespaces, held until the engine has pinned them. */
  NAMESPACES,
  /** The first process of a PID namespace that a pod's containers share. */
  POD_INIT
}
