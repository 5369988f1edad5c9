package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FdSource.HostDevice;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Device nodes and links in {@code /dev}. The default ones are made where {@code /dev} is a file
 * system made for the container; in a user namespace nodes cannot be made, so the host's are bound,
 * with the host's owner and mode.
 */
final class DeviceStage {
  private static final int TYPE_CHARACTER = 0020000;
  private static final int TYPE_BLOCK = 0060000;
  private static final int TYPE_FIFO = 0010000;
  private static final int MODE = 0666;
  private static final long MINOR_BITS = 32;
  static final long MAX_MAJOR = 0xfff;
  static final long MAX_MINOR = 0xfffff;

  private static final List<OciDevice> DEFAULTS =
      List.of(
          character("null", 1, 3),
          character("zero", 1, 5),
          character("full", 1, 7),
          character("random", 1, 8),
          character("urandom", 1, 9),
          character("tty", 5, 0));

  private static final List<Map.Entry<String, String>> LINKS =
      List.of(
          Map.entry("dev/fd", "/proc/self/fd"),
          Map.entry("dev/stdin", "/proc/self/fd/0"),
          Map.entry("dev/stdout", "/proc/self/fd/1"),
          Map.entry("dev/stderr", "/proc/self/fd/2"));

  private static final String MULTIPLEXER = "dev/ptmx";

  private final Draft draft;
  private final Set<String> mounted = new HashSet<>();
  private final Set<String> directories = new HashSet<>();
  private final Set<String> made = new HashSet<>();

  private DeviceStage(Draft draft) {
    this.draft = draft;
  }

  private static OciDevice character(String name, long major, long minor) {
    return new OciDevice("/dev/" + name, "c", major, minor, MODE, 0L, 0L);
  }

  /** The devices every container with a {@code /dev} of its own has. */
  static List<OciDevice> defaults() {
    return DEFAULTS;
  }

  /** Whether {@code /dev} is a file system made for the container. */
  static boolean ownsDev(List<OciMount> mounts) {
    return mounts.stream()
        .anyMatch(
            m -> m.destination().replaceAll("/+$", "").equals("/dev") && m.type().equals("tmpfs"));
  }

  static void plan(Draft draft, List<OciMount> mounts, List<OciDevice> devices) {
    DeviceStage stage = new DeviceStage(draft);
    Problems ignored = new Problems();
    for (OciMount mount : mounts) {
      ContainerPath.parse("", mount.destination(), ignored).ifPresent(stage.mounted::add);
    }
    boolean own = ownsDev(mounts);
    if (!own && !devices.isEmpty()) {
      draft.problems.add(
          "linux.devices",
          "devices without a tmpfs on /dev to make them in",
          "mount a tmpfs there");
      return;
    }
    for (int i = 0; i < devices.size(); i++) {
      stage.device("linux.devices[" + i + "]", devices.get(i));
    }
    if (own) {
      stage.defaultsAndLinks();
    }
  }

  private void defaultsAndLinks() {
    for (OciDevice device : DEFAULTS) {
      if (!made.contains(device.path().substring(1))
          && !mounted.contains(device.path().substring(1))) {
        device("linux.devices", device);
      }
    }
    List<Map.Entry<String, String>> links = new ArrayList<>(LINKS);
    if (mounted.contains("dev/pts")) {
      links.add(Map.entry(MULTIPLEXER, "pts/ptmx"));
    }
    for (Map.Entry<String, String> link : links) {
      if (!made.contains(link.getKey()) && !mounted.contains(link.getKey())) {
        draft.add(Section.DEVICES, new FileSystemStep.MakeSymlink(link.getValue(), link.getKey()));
      }
    }
  }

  private void device(String field, OciDevice device) {
    Optional<String> path = ContainerPath.parse(field + ".path", device.path(), draft.problems);
    if (path.isEmpty() || linked(device, path.get())) {
      return;
    }
    if (path.get().isEmpty() || ContainerPath.within(path.get(), "proc")) {
      draft.problems.add(field + ".path", "is no place for a device", "use a path beneath /dev");
    }
    if (!made.add(path.get()) || mounted.contains(path.get())) {
      draft.problems.add(
          field + ".path", "there already is something made at " + device.path(), "list it once");
    }
    Optional<Integer> type = type(field, device);
    if (type.isEmpty()) {
      return;
    }
    parents(path.get());
    if (draft.namespaces.user() && type.get() != TYPE_FIFO) {
      bind(device, path.get(), type.get());
    } else {
      node(field, device, path.get(), type.get());
    }
  }

  /**
   * The terminal multiplexer is that of the container's own devpts, because the kernel looks for
   * {@code pts} beside the node itself, where one that is bound has the host's; documentation of
   * the kernel, filesystems/devpts.rst.
   */
  private boolean linked(OciDevice device, String path) {
    return path.equals(MULTIPLEXER)
        && mounted.contains("dev/pts")
        && !mounted.contains(path)
        && device.type().equals("c")
        && device.major() == 5
        && device.minor() == 2;
  }

  private Optional<Integer> type(String field, OciDevice device) {
    Optional<Integer> type =
        switch (device.type()) {
          case "c", "u" -> Optional.of(TYPE_CHARACTER);
          case "b" -> Optional.of(TYPE_BLOCK);
          case "p" -> Optional.of(TYPE_FIFO);
          default -> Optional.empty();
        };
    if (type.isEmpty()) {
      draft.problems.add(
          field + ".type", "\"" + device.type() + "\" is no kind of device", "use c, b or p");
    }
    if (device.major() < 0
        || device.major() > MAX_MAJOR
        || device.minor() < 0
        || device.minor() > MAX_MINOR) {
      draft.problems.add(
          field, "major or minor number out of bounds", "the kernel has 12 and 20 bits");
    }
    return type;
  }

  private void parents(String path) {
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      String directory = path.substring(0, slash);
      if (!mounted.contains(directory) && directories.add(directory)) {
        draft.add(Section.DEVICES, new FileSystemStep.MakeDir(directory, 0755, 0, 0));
      }
    }
  }

  private void bind(OciDevice device, String path, int type) {
    char letter = type == TYPE_BLOCK ? 'b' : 'c';
    HostPath.parse("linux.devices", device.path(), draft.problems)
        .ifPresent(
            (Path host) -> {
              Slot slot =
                  draft.supplyAnew(new HostDevice(host, letter, device.major(), device.minor()));
              long privately = MountFlags.REC | MountFlags.PRIVATE;
              draft.add(
                  Section.DEVICES,
                  new FileSystemStep.Attach(slot, path, FileKind.FILE.create(), privately));
            });
  }

  private void node(String field, OciDevice device, String path, int type) {
    int mode = device.fileMode() == null ? MODE : device.fileMode();
    long uid = device.uid() == null ? 0 : device.uid();
    long gid = device.gid() == null ? 0 : device.gid();
    if ((mode & ~07777) != 0) {
      draft.problems.add(field + ".fileMode", "has more than permission bits", "use at most 07777");
    }
    if (uid < 0 || uid > IdMapReview.MAX_ID || gid < 0 || gid > IdMapReview.MAX_ID) {
      draft.problems.add(field, "owner is no id", "ids are 0 to 4294967294");
    }
    long number = type == TYPE_FIFO ? 0 : device.major() << MINOR_BITS | device.minor();
    draft.add(Section.DEVICES, new FileSystemStep.MakeNode(path, type | mode, number, uid, gid));
  }
}
