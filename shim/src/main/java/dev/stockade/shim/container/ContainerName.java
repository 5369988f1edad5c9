package dev.stockade.shim.container;

/** A container's name within its pod; the three together are unique on a node. */
record ContainerName(String podId, String name, int attempt) {
  static ContainerName of(Container container) {
    return new ContainerName(
        container.podId(),
        container.config().getMetadata().getName(),
        container.config().getMetadata().getAttempt());
  }
}
