package dev.stockade.shim.config;

import dev.stockade.shim.intent.SelinuxIntent;
import java.util.Optional;

/**
 * {@code [privileged]}.
 *
 * @param hostDevices whether privileged containers get every device of the host
 * @param selinuxType the SELinux type of those that ask for none; empty for what the policy has for
 *     programs that it does not confine
 */
public record PrivilegedConfig(boolean hostDevices, Optional<String> selinuxType) {
  static final PrivilegedConfig DEFAULT = new PrivilegedConfig(true, Optional.empty());

  static PrivilegedConfig read(Section section) {
    return new PrivilegedConfig(
        section.flag("host_devices", DEFAULT.hostDevices),
        section.text("selinux_type", DEFAULT.selinuxType, PrivilegedConfig::type));
  }

  private static Optional<String> type(String text) throws Section.WrongValue {
    if (!text.isEmpty() && !SelinuxIntent.isName(text)) {
      throw new Section.WrongValue(
          "is " + Shown.of(text) + ", not an SELinux type such as spc_t, without user and role");
    }
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}
