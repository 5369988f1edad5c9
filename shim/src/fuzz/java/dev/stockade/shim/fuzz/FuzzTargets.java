package dev.stockade.shim.fuzz;

import static java.util.Map.entry;

import dev.stockade.shim.image.ArchiveFuzz;
import dev.stockade.shim.image.LayerFuzz;
import dev.stockade.shim.image.ManifestFuzz;
import dev.stockade.shim.image.UserFuzz;
import dev.stockade.shim.registry.ChallengeFuzz;
import dev.stockade.shim.registry.HostsFileFuzz;
import dev.stockade.shim.registry.ReferenceFuzz;
import dev.stockade.shim.signature.AttachmentFuzz;
import dev.stockade.shim.signature.PayloadFuzz;
import dev.stockade.shim.signature.PolicyFuzz;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/** All targets by the names of their corpora. */
final class FuzzTargets {
  private static final Map<String, Callable<FuzzTarget>> ALL =
      Map.ofEntries(
          entry("archive", ArchiveFuzz::new),
          entry("attachment", AttachmentFuzz::new),
          entry("challenge", ChallengeFuzz::new),
          entry("hosts", HostsFileFuzz::new),
          entry("layer", LayerFuzz::new),
          entry("manifest", ManifestFuzz::new),
          entry("payload", PayloadFuzz::new),
          entry("plan", PlanFuzz::new),
          entry("policy", PolicyFuzz::new),
          entry("reference", ReferenceFuzz::new),
          entry("seccomp", SeccompFuzz::new),
          entry("spec", SpecFuzz::new),
          entry("user", UserFuzz::new));

  private FuzzTargets() {}

  static SortedSet<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  static FuzzTarget make(String name) throws Exception {
    return Objects.requireNonNull(ALL.get(name), "no fuzz target " + name).call();
  }
}
