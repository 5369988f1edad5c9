package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.Mount;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The rows of a receipt that tell of files: root, mounts, masks, devices. */
final class MountsModel {
  private static final String[] FIXED = {"nodev", "noexec", "nosuid"};
  private static final Set<String> OF_THE_IMAGE = Set.of("/tmp", "/bin", "/of-other");

  /** Takes a row. */
  @FunctionalInterface
  interface Rows {
    void add(String constraint, String subject, String value);
  }

  private final LinuxContainerSecurityContext asked;
  private final RandomContainer besides;
  private final boolean mapped;
  private final ContextNode node;
  private final Rows rows;
  private final Set<String> replaced = new TreeSet<>();

  MountsModel(RandomContext context, ContextNode node, Rows rows) {
    this.asked = context.asked();
    this.besides = context.besides();
    this.mapped = context.pod().mapped();
    this.node = node;
    this.rows = rows;
    besides.mounts().forEach(mount -> replaced.add(mount.getContainerPath()));
  }

  void rows() {
    rows.add("mounts.root", "", asked.getReadonlyRootfs() ? "ro" : "rw");
    rows.add("mounts.source", "/", ReceiptWords.LAYER);
    kernels();
    ofThePod();
    besides.mounts().forEach(this::bind);
    rows.add("mounts.others", "", "none");
    if (!asked.getPrivileged()) {
      paths("mounts.masked", asked.getMaskedPathsList(), "masked");
      paths("mounts.read-only", asked.getReadonlyPathsList(), "ro");
    }
    devices();
  }

  private void mount(String target, String propagation, String type, Set<String> flags) {
    String shown = flags.isEmpty() ? type : type + " " + String.join(",", flags);
    rows.add("mounts.mount", target, shown);
    rows.add("mounts.propagation", target, propagation);
  }

  private static Set<String> flags(boolean readOnly, String... others) {
    Set<String> flags = new TreeSet<>(Arrays.asList(others));
    if (readOnly) {
      flags.add("ro");
    }
    return flags;
  }

  /** File systems of the container's own. */
  private void kernels() {
    boolean readOnly = !asked.getPrivileged();
    mount("/proc", "private", "proc", flags(false, FIXED));
    mount("/dev", "private", "tmpfs", flags(false, "nosuid"));
    rows.add("mounts.options", "/dev", "mode=755,size=65536k");
    mount("/dev/pts", "private", "devpts", flags(false, "noexec", "nosuid"));
    int terminals = mapped ? ProbeNode.MAPPED + 5 : 5;
    rows.add("mounts.options", "/dev/pts", "gid=" + terminals + ",mode=620,ptmxmode=666");
    mount("/dev/mqueue", "private", "mqueue", flags(false, FIXED));
    mount("/sys", "private", "sysfs", flags(readOnly || mapped, FIXED));
    if (mapped) {
      // The network is the host's, whose sysfs a user namespace may not mount anew.
      rows.add("mounts.source", "/sys", "/sys");
      tree("/sys", Path.of("/sys"), flags(true, FIXED));
    }
    mount("/sys/fs/cgroup", "private", "cgroup2", flags(readOnly, FIXED));
    if (asked.getPrivileged()) {
      rows.add("mounts.source", "/sys/fs/cgroup", node.cgroups().toString());
    }
  }

  /** What all of its containers share. */
  private void ofThePod() {
    shared("/dev/shm", "shm", false);
    for (String file : List.of("hostname", "hosts", "resolv.conf")) {
      shared("/etc/" + file, "files/" + file, asked.getReadonlyRootfs());
    }
  }

  private void shared(String target, String source, boolean readOnly) {
    if (!replaced.contains(target)) {
      rows.add("mounts.source", target, ReceiptWords.POD_FILES + "/" + source);
      mount(target, "private", "tmpfs", flags(readOnly, FIXED));
    }
  }

  private void bind(Mount mount) {
    String target = mount.getContainerPath();
    Path source = ContextNode.real(mount.getHostPath());
    Set<String> flags = flags(mount.getReadonly());
    flags.addAll(ContextNode.flags(source));
    boolean own = source.equals(node.own());
    rows.add("mounts.source", target, own ? ReceiptWords.RUN : source.toString());
    String propagation =
        switch (mount.getPropagation()) {
          case PROPAGATION_HOST_TO_CONTAINER -> "slave";
          case PROPAGATION_BIDIRECTIONAL -> "shared";
          default -> "private";
        };
    mount(target, propagation, ContextNode.type(source), flags);
    if (mount.getRecursiveReadOnly()) {
      tree(target, source, flags);
    }
  }

  private void tree(String target, Path source, Set<String> top) {
    rows.add("mounts.tree", target, String.join(",", ContextNode.throughout(source, top)));
  }

  private void paths(String constraint, List<String> paths, String there) {
    for (String path : paths) {
      boolean kernels = path.startsWith("/proc") || path.startsWith("/sys");
      boolean exists = kernels ? ContextNode.exists(path) : OF_THE_IMAGE.contains(path);
      rows.add(constraint, path, exists ? there : "absent");
    }
  }

  private void devices() {
    Map<String, String> nodes = new TreeMap<>();
    for (Device device : besides.devices()) {
      nodes.putIfAbsent(ContainerModel.inside(device), ContextNode.number(device.getHostPath()));
    }
    if (asked.getPrivileged()) {
      ContextNode.devices()
          .forEach(
              (path, number) -> {
                // Its root is not the owner of the others.
                if (!mapped || ContextNode.open(path)) {
                  nodes.putIfAbsent(path, number);
                }
              });
    }
    for (String harmless : List.of("null", "zero", "full", "random", "urandom", "tty")) {
      nodes.putIfAbsent("/dev/" + harmless, ContextNode.number("/dev/" + harmless));
    }
    nodes.forEach((path, number) -> rows.add("devices.node", path, number));
  }
}
