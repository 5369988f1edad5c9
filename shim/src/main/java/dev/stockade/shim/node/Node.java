package dev.stockade.shim.node;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.Launcher;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.lsm.AppArmor;
import dev.stockade.shim.lsm.Selinux;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * This node: its kernel's launcher, its images, its security modules, its directories and the
 * administrator's decisions.
 *
 * @param selinux where the kernel has it
 */
public record Node(
    Launcher launcher,
    ImageStore images,
    AppArmor appArmor,
    NodePaths paths,
    NodeSettings settings,
    Optional<Selinux> selinux)
    implements NodeView {
  @Override
  public HostFacts facts() {
    return launcher.facts();
  }

  @Override
  public Path rootMountPoint() {
    return launcher.rootMountPoint();
  }

  @Override
  public Optional<String> unmappable(Path path, IdMaps maps) throws IOException, LaunchFailure {
    return launcher.unmappable(path, maps);
  }

  /** Nanoseconds since 1970. */
  public static long now() {
    return ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
  }
}
