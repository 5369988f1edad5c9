package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciRoot;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A container's bundle, as hooks know it: for root only, and only for them. */
final class Bundle {
  /** Where a hook that is shown the container finds its root; missing for the others. */
  static final String ROOT = "rootfs";

  private static final String CONFIG = "config.json";

  private final Path directory;

  Bundle(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  /** Makes it, with the spec in it and without a root that somebody left; repeatable. */
  void write(OciSpec spec) throws IOException {
    boolean readOnly = spec.root() != null && spec.root().readonly();
    byte[] config = OciJson.write(spec.with(new OciRoot(ROOT, readOnly)));
    try (Directory held = Directory.openPrivate(directory)) {
      held.writeAtomically(CONFIG, config, 0600);
    }
    removeRoot();
  }

  void addRoot() throws IOException {
    Directory.openPrivate(directory.resolve(ROOT)).close();
  }

  /** A hook that looks for the root where none is shown is to find nothing, not an empty one. */
  void removeRoot() throws IOException {
    Files.deleteIfExists(directory.resolve(ROOT));
  }
}
