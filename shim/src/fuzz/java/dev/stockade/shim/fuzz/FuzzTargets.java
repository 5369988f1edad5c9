package dev.stockade.shim.fuzz;

import dev.stockade.shim.image.ArchiveFuzz;
import dev.stockade.shim.image.LayerFuzz;
import dev.stockade.shim.image.ManifestFuzz;
import dev.stockade.shim.image.UserFuzz;
import dev.stockade.shim.registry.ChallengeFuzz;
import dev.stockade.shim.registry.HostsFileFuzz;
import dev.stockade.shim.registry.ReferenceFuzz;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/** All targets by the names of their corpora. */
final class FuzzTargets {
  private static final Map<String, Callable<FuzzTarget>> ALL =
      Map.of(
          "archive", ArchiveFuzz::new,
          "challenge", ChallengeFuzz::new,
          "hosts", HostsFileFuzz::new,
          "layer", LayerFuzz::new,
          "manifest", ManifestFuzz::new,
          "plan", PlanFuzz::new,
          "reference", ReferenceFuzz::new,
          "seccomp", SeccompFuzz::new,
          "spec", SpecFuzz::new,
          "user", UserFuzz::new);

  private FuzzTargets() {}

  static SortedSet<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  static FuzzTarget make(String name) throws Exception {
    return Objects.requireNonNull(ALL.get(name), "no fuzz target " + name).call();
  }
}
