package dev.stockade.shim.config;

/**
 * {@code [privileged]}.
 *
 * @param hostDevices whether privileged containers get every device of the host
 */
public record PrivilegedConfig(boolean hostDevices) {
  static final PrivilegedConfig DEFAULT = new PrivilegedConfig(true);

  static PrivilegedConfig read(Section section) {
    return new PrivilegedConfig(section.flag("host_devices", DEFAULT.hostDevices));
  }
}
