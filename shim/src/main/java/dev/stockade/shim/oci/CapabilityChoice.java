package dev.stockade.shim.oci;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.shim.intent.CapabilityIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import java.util.List;

/**
 * The capabilities a container ends up with.
 *
 * @param granted bounding, permitted and effective
 * @param ambient also inheritable: otherwise that set stays empty, because files of the image with
 *     inheritable capabilities would raise privileges by it (CVE-2022-24769)
 */
record CapabilityChoice(CapabilitySet granted, CapabilitySet ambient) {
  /**
   * Applies a request to the defaults.
   *
   * @param all what ALL means: what this node can give at most
   */
  static CapabilityChoice of(
      ContainerSecurityIntent security, CapabilitySet defaults, CapabilitySet all) {
    CapabilityIntent asked = security.capabilities();
    CapabilitySet named = asked.add().plus(asked.ambient());
    CapabilitySet ambient = asked.ambient().minus(asked.drop());
    if (security.privileged()) {
      // Everything; what is named and lacks stays in it, so that it is refused and not left out.
      return new CapabilityChoice(all.plus(named), ambient);
    }
    CapabilitySet granted = asked.addAll() ? all : defaults;
    if (asked.dropAll()) {
      granted = CapabilitySet.NONE;
    }
    return new CapabilityChoice(granted.plus(named).minus(asked.drop()), ambient);
  }

  OciCapabilities oci() {
    List<String> names = granted.ociNames();
    List<String> ambientNames = ambient.ociNames();
    return new OciCapabilities(names, names, names, ambientNames, ambientNames);
  }
}
