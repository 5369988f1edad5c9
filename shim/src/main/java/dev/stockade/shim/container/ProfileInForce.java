package dev.stockade.shim.container;

import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.lsm.Obstacle;
import dev.stockade.shim.node.Node;
import java.util.Optional;

/**
 * Whether the AppArmor profile of a container still is what it was when the container was made:
 * somebody may have unloaded it since. The default one is loaded again.
 */
final class ProfileInForce {
  private ProfileInForce() {}

  static void require(String attempted, Node node, OciSpec spec) throws CallFailure {
    OciProcess process = spec.process();
    String profile = process == null ? "" : process.apparmorProfile();
    Optional<Obstacle> obstacle = node.appArmor().obstacle(profile);
    if (obstacle.isPresent()) {
      throw new CallFailure(
          Kind.UNENFORCEABLE,
          attempted
              + " refused: linux.security_context.apparmor: the AppArmor profile "
              + profile
              + " "
              + obstacle.get());
    }
  }
}
