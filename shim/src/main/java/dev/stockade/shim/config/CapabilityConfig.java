package dev.stockade.shim.config;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code [capabilities]}.
 *
 * @param defaults what a container gets that neither adds nor drops
 */
public record CapabilityConfig(CapabilitySet defaults) {
  static final CapabilityConfig DEFAULT =
      new CapabilityConfig(
          CapabilitySet.of(
              Capability.CHOWN,
              Capability.DAC_OVERRIDE,
              Capability.FSETID,
              Capability.FOWNER,
              Capability.MKNOD,
              Capability.NET_RAW,
              Capability.SETGID,
              Capability.SETUID,
              Capability.SETFCAP,
              Capability.SETPCAP,
              Capability.NET_BIND_SERVICE,
              Capability.SYS_CHROOT,
              Capability.KILL,
              Capability.AUDIT_WRITE));

  private static final int MOST = 64;

  static CapabilityConfig read(Section section) {
    List<String> names = section.list("defaults", DEFAULT.defaults.names(), MOST);
    List<String> unknown = new ArrayList<>();
    CapabilitySet defaults = CapabilitySet.parse(names, CapabilitySet.NONE, unknown);
    if (names.stream().anyMatch(name -> name.equalsIgnoreCase("ALL"))) {
      section.problem("defaults", "has ALL; name the capabilities one by one");
    }
    for (String name : unknown) {
      section.problem("defaults", "has " + Shown.of(name) + ", which is no capability");
    }
    return new CapabilityConfig(defaults);
  }
}
