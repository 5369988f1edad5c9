package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.DeviceIntent;
import dev.stockade.shim.intent.IdMap;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.oci.DeviceNode;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds out what device nodes of the host are. */
final class HostDevices {
  private static final int MOST_ENTRIES = 16_384;
  private static final int MOST_DEVICES = 4_096;
  private static final int DEEPEST = 8;
  private static final int OPEN_TO_ALL = 06;

  /** What beneath /dev belongs to the host's own instances of these file systems. */
  private static final Set<String> NOT_DEVICES =
      Set.of("pts", "shm", "fd", "mqueue", "console", "hugepages");

  private HostDevices() {}

  /** The nodes a request names; a directory stands for the devices beneath it. */
  static List<DeviceNode> asked(List<DeviceIntent> devices) throws CallFailure {
    List<DeviceNode> nodes = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      DeviceIntent device = devices.get(i);
      String field = "devices[" + i + "].host_path";
      try {
        collect(device, nodes);
      } catch (IOException e) {
        throw new CallFailure(
            CallFailure.Kind.WRONG_STATE,
            "CreateContainer refused: " + field + ": " + e.getMessage() + "; name a device",
            e);
      }
      if (nodes.size() > MOST_DEVICES) {
        throw new CallFailure(
            CallFailure.Kind.INVALID,
            "CreateContainer refused: " + field + ": more than " + MOST_DEVICES + " devices");
      }
    }
    return nodes;
  }

  private static void collect(DeviceIntent device, List<DeviceNode> nodes) throws IOException {
    // Links such as /dev/serial/by-id are the host's own and followed, unlike anything of an image.
    Path real = Path.of(device.hostPath()).toRealPath();
    Path parent = real.getParent();
    if (parent == null) {
      throw new IOException("the root directory is no device");
    }
    try (Directory held = Directory.open(parent, Resolution.BENEATH)) {
      String name = real.getFileName().toString();
      FileStatus status = held.status(name).orElseThrow(() -> new IOException(real + " has gone"));
      if (status.kind() == FileKind.DIRECTORY) {
        try (Directory below = held.directory(name)) {
          walk(below, device.containerPath(), device.access(), nodes, 0);
        }
        return;
      }
      Optional<DeviceNode> node = node(status, device.containerPath(), device.access());
      nodes.add(node.orElseThrow(() -> new IOException(real + " is no device")));
    }
  }

  /** One node; empty where there is nothing. */
  static Optional<DeviceNode> find(DeviceIntent device) throws IOException {
    List<DeviceNode> nodes = new ArrayList<>();
    try {
      collect(device, nodes);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (nodes.size() != 1 || !nodes.get(0).path().equals(device.containerPath())) {
      throw new IOException(device.hostPath() + " is no device");
    }
    return Optional.of(nodes.get(0));
  }

  /** All devices of the host, for a privileged container. */
  static List<DeviceNode> all() throws CallFailure {
    List<DeviceNode> nodes = new ArrayList<>();
    try (Directory dev = Directory.open(Path.of("/dev"), Resolution.BENEATH)) {
      walk(dev, "/dev", "rwm", nodes, 0);
      return nodes;
    } catch (IOException e) {
      throw dev.stockade.shim.call.Refusals.of("list the devices of the host", e);
    }
  }

  /**
   * Those that a process of this user namespace can open: no capability of it reaches the others,
   * because their owners are not mapped; user_namespaces(7). Each takes a descriptor of the launch.
   */
  static List<DeviceNode> within(NamespaceIntent.UserNamespace users) throws CallFailure {
    return all().stream()
        .filter(
            node ->
                (node.mode() & OPEN_TO_ALL) != 0
                    || mapped(node.uid(), users.uids())
                    || mapped(node.gid(), users.gids()))
        .toList();
  }

  private static boolean mapped(long id, List<IdMap> maps) {
    return maps.stream().anyMatch(map -> id >= map.hostId() && id - map.hostId() < map.length());
  }

  private static void walk(
      Directory directory, String at, String access, List<DeviceNode> nodes, int depth)
      throws SyscallException {
    for (Listing.Name name : directory.list(MOST_ENTRIES)) {
      String path = at + "/" + name.name();
      Optional<FileStatus> status = directory.status(name.name());
      if (status.isEmpty() || nodes.size() > MOST_DEVICES) {
        continue;
      }
      boolean below = status.get().kind() == FileKind.DIRECTORY && !status.get().mountRoot();
      if (below && depth < DEEPEST && !NOT_DEVICES.contains(name.name())) {
        try (Directory next = directory.directory(name.name())) {
          walk(next, path, access, nodes, depth + 1);
        }
      } else if (!(depth == 0 && NOT_DEVICES.contains(name.name()))) {
        node(status.get(), path, access).ifPresent(nodes::add);
      }
    }
  }

  private static Optional<DeviceNode> node(FileStatus status, String path, String access) {
    boolean block = status.kind() == FileKind.BLOCK_DEVICE;
    if (!block && status.kind() != FileKind.CHARACTER_DEVICE) {
      return Optional.empty();
    }
    return Optional.of(
        new DeviceNode(
            path,
            block ? 'b' : 'c',
            status.specialMajor(),
            status.specialMinor(),
            status.permissions(),
            status.uid(),
            status.gid(),
            access));
  }
}
