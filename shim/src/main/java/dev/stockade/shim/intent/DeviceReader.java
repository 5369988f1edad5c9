package dev.stockade.shim.intent;

import dev.stockade.cri.v1.Device;
import java.util.ArrayList;
import java.util.List;

/** Reads the devices of a container. */
final class DeviceReader {
  private static final int MOST = 1000;

  private final Problems problems;

  DeviceReader(Problems problems) {
    this.problems = problems;
  }

  List<DeviceIntent> read(List<Device> devices) {
    if (devices.size() > MOST) {
      problems.invalid("devices", "has " + devices.size() + " entries", "use at most " + MOST);
      return List.of();
    }
    List<DeviceIntent> read = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      read.add(device("devices[" + i + "]", devices.get(i)));
    }
    return List.copyOf(read);
  }

  private DeviceIntent device(String field, Device device) {
    TextRules.absolutePath(problems, field + ".host_path", device.getHostPath());
    String inside =
        device.getContainerPath().isEmpty() ? device.getHostPath() : device.getContainerPath();
    TextRules.absolutePath(problems, field + ".container_path", inside);
    String access = device.getPermissions();
    if (!access.matches("[rwm]{1,3}") || access.chars().distinct().count() != access.length()) {
      problems.invalid(
          field + ".permissions",
          TextRules.quoted(access) + " is not a device access",
          "use one or more of r, w and m, each once");
    }
    return new DeviceIntent(
        MountReader.normal(inside),
        MountReader.normal(device.getHostPath()),
        access.contains("r"),
        access.contains("w"),
        access.contains("m"));
  }
}
