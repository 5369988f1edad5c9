package dev.stockade.shim.container;

import dev.stockade.launcher.engine.HookProgram;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciHook;
import dev.stockade.launcher.spec.OciHooks;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.cdi.DeviceRegistry;
import dev.stockade.shim.cdi.DeviceRegistry.Injection;
import dev.stockade.shim.cdi.HookEdit;
import dev.stockade.shim.cdi.MountEdit;
import dev.stockade.shim.cdi.NodeEdit;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.DeviceIntent;
import dev.stockade.shim.intent.EnvironmentVariable;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.MountReader;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.intent.UserIntent;
import dev.stockade.shim.node.NodeView;
import dev.stockade.shim.oci.DeviceNode;
import dev.stockade.shim.oci.Identity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What the devices that a container names by the Container Device Interface come to: read from the
 * node's files once, when it is made, and checked as if the request had asked for each of it.
 */
final class NamedDevices {
  private static final int MOST_NODES = 4_096;
  private static final int MOST_MOUNTS = 1_000;
  private static final int MOST_VARIABLES = 65_536;

  private final ContainerIntent asked;
  private final boolean ownUsers;
  private final NodeView node;
  private final Problems problems = new Problems();
  private final List<EnvironmentVariable> variables = new ArrayList<>();
  private final Map<String, DeviceNode> nodes = new LinkedHashMap<>();
  private final Map<String, MountIntent> mounts = new LinkedHashMap<>();
  private final List<String> mountFields = new ArrayList<>();
  private final List<Long> groups = new ArrayList<>();
  private final DeviceOrigins origins = new DeviceOrigins();
  private final Map<HookStage, List<OciHook>> hooks = new EnumMap<>(HookStage.class);

  private NamedDevices(ContainerIntent asked, boolean ownUsers, NodeView node) {
    this.asked = asked;
    this.ownUsers = ownUsers;
    this.node = node;
  }

  /**
   * Those of one request.
   *
   * @param ownUsers whether its pod has a user namespace of its own
   */
  static NamedDevices of(ContainerIntent asked, boolean ownUsers, NodeView node)
      throws IntentRejection, CallFailure {
    NamedDevices devices = new NamedDevices(asked, ownUsers, node);
    if (asked.cdi().isEmpty()) {
      return devices;
    }
    DeviceRegistry registry = DeviceRegistry.read(node.settings().cdi());
    List<Injection> injections = registry.resolve(asked.cdi(), devices.problems);
    devices.problems.refuse("CreateContainer");
    for (Injection injection : injections) {
      devices.add(injection);
    }
    devices.problems.refuse("CreateContainer");
    HostSources.check(
        List.copyOf(devices.mounts.values()),
        devices.mountFields::get,
        asked.security().privileged(),
        node);
    return devices;
  }

  /** The request with the variables and mounts of its devices. */
  ContainerIntent into(ContainerIntent intent) {
    return intent.with(variables, List.copyOf(mounts.values()));
  }

  /** The container with the hooks of its devices, which are all that it has. */
  OciSpec into(OciSpec spec) {
    return hooks.isEmpty() ? spec : spec.with(OciHooks.of(hooks));
  }

  /** The process with the groups of its devices. */
  Identity into(Identity identity) {
    return new Identity(
        identity.uid(),
        identity.gid(),
        Stream.concat(identity.groups().stream(), groups.stream()).toList(),
        identity.home());
  }

  /** Adds the nodes to those that the request asks for by path. */
  void addTo(List<DeviceNode> others) throws IntentRejection {
    for (DeviceNode other : others) {
      DeviceNode named = nodes.get(other.path());
      if (named != null && !named.equals(other)) {
        problems.invalid(
            "devices", other.path() + " is made by a device of CDI_devices too", "name it once");
      }
    }
    problems.refuse("CreateContainer");
    others.addAll(nodes.values());
  }

  /** What gave each of these. */
  DeviceOrigins origins() {
    return origins;
  }

  private void add(Injection injection) {
    origins.add(injection);
    String field = injection.request().field() + " (" + injection.origin() + " %s)";
    variables.addAll(injection.edits().environment());
    groups.addAll(injection.edits().groups());
    List<NodeEdit> edited = injection.edits().nodes();
    for (int i = 0; i < edited.size(); i++) {
      addNode(field.formatted("deviceNodes[" + i + "]"), edited.get(i));
    }
    List<MountEdit> shown = injection.edits().mounts();
    for (int i = 0; i < shown.size(); i++) {
      addMount(field.formatted("mounts[" + i + "]"), shown.get(i).intent());
    }
    List<HookEdit> run = injection.edits().hooks();
    for (int i = 0; i < run.size(); i++) {
      addHook(field.formatted("hooks[" + i + "]"), run.get(i));
    }
    if (nodes.size() > MOST_NODES
        || mounts.size() > MOST_MOUNTS
        || variables.size() > MOST_VARIABLES) {
      problems.invalid(
          injection.request().field(), "adds too much to the container", "name fewer devices");
    }
  }

  /** Whoever can write to a program of the host that a hook runs is root on the node. */
  private void addHook(String field, HookEdit edit) {
    Optional<String> objection =
        edit.stage() == HookStage.START_CONTAINER
            ? Optional.empty()
            : HookProgram.objection(Path.of(edit.path()));
    if (objection.isPresent()) {
      problems.unenforceable(
          field + ".path", objection.get(), "name a program that only root can change");
    }
    hooks.computeIfAbsent(edit.stage(), any -> new ArrayList<>()).add(edit.hook());
  }

  private void addMount(String field, MountIntent mount) {
    MountReader.target(problems, field + ".container_path", mount.target());
    boolean sys = mount.target().startsWith("/sys/");
    if (sys && !node.settings().rules().beneathSys() && !asked.security().privileged()) {
      problems.unenforceable(
          field + ".container_path",
          mount.target() + " would cover a part of the container's sysfs",
          "set mounts.beneath_sys = \"allow\"");
    }
    MountIntent other = mounts.putIfAbsent(mount.target(), mount);
    boolean requested = asked.mounts().stream().anyMatch(m -> m.target().equals(mount.target()));
    if (requested || (other != null && !other.equals(mount))) {
      problems.invalid(
          field + ".container_path",
          mount.target() + " is mounted by " + (requested ? "mounts" : "another device") + " too",
          "keep one of the two");
    }
    if (other == null) {
      mountFields.add(field);
    }
  }

  private void addNode(String field, NodeEdit edit) {
    DeviceIntent device =
        new DeviceIntent(
            edit.path(),
            edit.hostPath(),
            edit.access().contains("r"),
            edit.access().contains("w"),
            edit.access().contains("m"));
    try {
      Optional<DeviceNode> host = HostDevices.find(device);
      boolean told = edit.type().isPresent() && edit.number().isPresent();
      if (host.isEmpty() && (!told || edit.mode().isEmpty())) {
        problems.unenforceable(
            field + ".hostPath",
            edit.hostPath() + " is missing",
            "load its driver, or write type, major, minor and fileMode into the file");
      } else {
        DeviceNode made = made(edit, device.access(), host);
        check(field, edit, made, host);
        put(field, made);
      }
    } catch (IOException e) {
      problems.unenforceable(
          field + ".hostPath", String.valueOf(e.getMessage()), "correct the file");
    }
  }

  private void put(String field, DeviceNode made) {
    DeviceNode other = nodes.putIfAbsent(made.path(), made);
    if (other != null && !other.equals(made)) {
      problems.invalid(
          field + ".path", made.path() + " is made by another device too", "name one of the two");
    }
  }

  /** What the file leaves open is as on the host. */
  private DeviceNode made(NodeEdit edit, String access, Optional<DeviceNode> host) {
    NodeEdit.DeviceNumber number =
        edit.number()
            .orElseGet(
                () ->
                    new NodeEdit.DeviceNumber(
                        host.orElseThrow().major(), host.orElseThrow().minor()));
    UserIntent user = asked.security().user();
    return new DeviceNode(
        edit.path(),
        edit.type().orElseGet(() -> host.orElseThrow().type()),
        number.major(),
        number.minor(),
        edit.mode().orElseGet(() -> host.orElseThrow().mode()),
        edit.uid().or(() -> owner(user.uid())).or(() -> host.map(DeviceNode::uid)).orElse(0L),
        edit.gid().or(() -> owner(user.gid())).or(() -> host.map(DeviceNode::gid)).orElse(0L),
        access);
  }

  private Optional<Long> owner(OptionalLong id) {
    return node.settings().rules().ownedDevices() && id.isPresent()
        ? Optional.of(id.getAsLong())
        : Optional.empty();
  }

  /** What the file says of the host has to be true, or it is of another boot or another machine. */
  private void check(String field, NodeEdit edit, DeviceNode made, Optional<DeviceNode> host) {
    if (host.isPresent() && !same(made, host.get())) {
      problems.unenforceable(
          field,
          edit.hostPath() + " is " + shown(host.get()) + " on the host, not " + shown(made),
          "write the file anew");
    }
    boolean changed = !host.equals(Optional.of(made)) || !edit.path().equals(edit.hostPath());
    if (ownUsers && changed) {
      problems.unenforceable(
          field,
          "cannot be had in a user namespace, which shows the host's own nodes: the path, owner or"
              + " mode is another",
          "use the host's user namespace");
    }
  }

  private static boolean same(DeviceNode one, DeviceNode other) {
    return one.type() == other.type()
        && one.major() == other.major()
        && one.minor() == other.minor();
  }

  private static String shown(DeviceNode node) {
    return node.type() + " " + node.major() + ":" + node.minor();
  }
}
