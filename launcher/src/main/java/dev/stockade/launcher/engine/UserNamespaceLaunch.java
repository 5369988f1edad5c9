package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.plan.CloneFlags;
import dev.stockade.launcher.plan.FinalStep;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.MonitorStep;
import dev.stockade.launcher.plan.NamespaceStep;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes a user namespace with given id maps by a child that lives until its namespace is held. */
final class UserNamespaceLaunch {
  private UserNamespaceLaunch() {}

  static Fd make(Engine engine, IdMaps maps) throws LaunchFailure {
    LaunchPlan plan =
        new LaunchPlan(
            List.of(
                new MonitorStep.Clone(CloneFlags.NEWUSER, Optional.empty()),
                new MonitorStep.IdMaps(text(maps.uids()), text(maps.gids()), 1)),
            List.of(new NamespaceStep.CloseFds(), new FinalStep.Hold()),
            List.of(),
            0);
    Launch launch = new Launch(engine, plan, subject(), LaunchFiles.NONE);
    Launch.Verified<Fd> verified = launch.verified(proc -> proc.follow("ns/user", false));
    try {
      launch.release(verified.receipt()).close();
      return verified.result();
    } catch (LaunchFailure e) {
      verified.result().close();
      throw e;
    }
  }

  private static LaunchSubject subject() {
    OciSpec nothing = new OciSpec("1.2.1", null, null, "", "", List.of(), Map.of(), null, null);
    return new LaunchSubject(
        LaunchKind.NAMESPACES, "id-maps", nothing, Set.of(), HostFacts.Tracing.POSSIBLE, false);
  }

  private static String text(List<OciIdMapping> ranges) {
    return ranges.stream()
        .map(r -> r.containerID() + " " + r.hostID() + " " + r.size() + "\n")
        .collect(Collectors.joining());
  }
}
