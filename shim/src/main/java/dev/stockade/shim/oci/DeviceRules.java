package dev.stockade.shim.oci;

import dev.stockade.launcher.spec.OciDeviceRule;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of the device controller: nothing but the harmless devices every program expects, and
 * what was asked for.
 */
final class DeviceRules {
  private DeviceRules() {}

  static List<OciDeviceRule> everything() {
    return List.of(new OciDeviceRule(true, "a", null, null, "rwm"));
  }

  static List<OciDeviceRule> of(List<DeviceNode> asked) {
    List<OciDeviceRule> rules = new ArrayList<>();
    rules.add(new OciDeviceRule(false, "a", null, null, "rwm"));
    // Making a node gives no access to what it stands for.
    rules.add(new OciDeviceRule(true, "c", null, null, "m"));
    rules.add(new OciDeviceRule(true, "b", null, null, "m"));
    for (long minor : new long[] {3, 5, 7, 8, 9}) {
      rules.add(new OciDeviceRule(true, "c", 1L, minor, "rwm"));
    }
    rules.add(new OciDeviceRule(true, "c", 5L, 0L, "rwm"));
    rules.add(new OciDeviceRule(true, "c", 5L, 1L, "rwm"));
    rules.add(new OciDeviceRule(true, "c", 5L, 2L, "rwm"));
    rules.add(new OciDeviceRule(true, "c", 136L, null, "rwm"));
    for (DeviceNode node : asked) {
      rules.add(
          new OciDeviceRule(
              true, String.valueOf(node.type()), node.major(), node.minor(), node.access()));
    }
    return List.copyOf(rules);
  }
}
