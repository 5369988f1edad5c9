package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Takes away everything that is a container's. Its record goes first: after a crash in the middle
 * there is no container any more, and what is left of it has no owner and is removed at the start.
 */
final class ContainerRemoval {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int MOST = 1 << 20;

  private final Node node;
  private final Containers containers;

  ContainerRemoval(Node node, Containers containers) {
    this.node = node;
    this.containers = containers;
  }

  /** Repeatable. */
  void remove(String id) throws IOException, ImageException {
    Optional<Path> retired = containers.records().retire(id);
    if (retired.isPresent()) {
      node.images().release(id, retired.get());
    }
    removeRunFiles(id);
    containers.records().remove(id);
  }

  /** Removes the exit record and the control socket of a launch. Repeatable. */
  void removeRunFiles(String id) throws IOException {
    Path parent = runFiles();
    if (Files.isDirectory(parent)) {
      try (Directory held = Directory.open(parent, Resolution.BENEATH)) {
        held.removeTree(id, LIMIT);
      }
    }
  }

  /** Removes what is left of containers that have no record. */
  void removeStrays(Set<String> recorded) throws IOException, ImageException {
    node.images().keepLeases(recorded);
    Path parent = runFiles();
    if (!Files.isDirectory(parent)) {
      return;
    }
    try (Directory held = Directory.open(parent, Resolution.BENEATH)) {
      for (Listing.Name name : held.list(MOST)) {
        if (!recorded.contains(name.name())) {
          held.removeTree(name.name(), LIMIT);
        }
      }
    }
  }

  private Path runFiles() {
    return node.paths().run().resolve("containers");
  }
}
