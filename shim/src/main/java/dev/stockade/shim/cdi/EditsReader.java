package dev.stockade.shim.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.shim.cdi.NodeEdit.DeviceNumber;
import dev.stockade.shim.intent.EnvironmentVariable;
import dev.stockade.shim.intent.MountIntent.Propagation;
import dev.stockade.shim.intent.MountReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@code containerEdits}. */
final class EditsReader {
  private static final Set<String> KEYS =
      Set.of("env", "deviceNodes", "hooks", "mounts", "intelRdt", "additionalGids", "netDevices");
  private static final Set<String> NODE_KEYS =
      Set.of("path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid");
  private static final Set<String> MOUNT_KEYS =
      Set.of("hostPath", "containerPath", "options", "type");
  private static final Set<String> HOOK_KEYS = Set.of("hookName", "path", "args", "env", "timeout");
  private static final Set<String> RESTRICTIONS = Set.of("nosuid", "nodev", "noexec");
  private static final long MAX_ID = 0xffff_fffeL;
  private static final int MAX_MODE = 0777;
  private static final int LONGEST_HOOK_SECONDS = 600;

  private EditsReader() {}

  static Edits read(String place, JsonNode node) throws SpecException {
    SpecObject edits = SpecObject.of(place, node, KEYS);
    for (String other : List.of("intelRdt", "netDevices")) {
      if (edits.has(other)) {
        throw edits.wrong(other, "is not supported by this runtime");
      }
    }
    List<NodeEdit> nodes = new ArrayList<>();
    for (JsonNode one : edits.list("deviceNodes")) {
      String at = edits.at("deviceNodes[" + nodes.size() + "]");
      nodes.add(node(SpecObject.of(at, one, NODE_KEYS)));
    }
    List<MountEdit> mounts = new ArrayList<>();
    for (JsonNode one : edits.list("mounts")) {
      String at = edits.at("mounts[" + mounts.size() + "]");
      mounts.add(mount(SpecObject.of(at, one, MOUNT_KEYS)));
    }
    List<HookEdit> hooks = new ArrayList<>();
    for (JsonNode one : edits.list("hooks")) {
      hooks.add(hook(SpecObject.of(edits.at("hooks[" + hooks.size() + "]"), one, HOOK_KEYS)));
    }
    return new Edits(
        environment(edits), nodes, mounts, edits.numbers("additionalGids", 1, MAX_ID), hooks);
  }

  private static List<EnvironmentVariable> environment(SpecObject object) throws SpecException {
    List<EnvironmentVariable> variables = new ArrayList<>();
    for (String text : object.texts("env")) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw object.wrong("env", SpecObject.shown(text) + " is not NAME=value");
      }
      variables.add(new EnvironmentVariable(text.substring(0, equals), text.substring(equals + 1)));
    }
    return variables;
  }

  private static NodeEdit node(SpecObject node) throws SpecException {
    String path = MountReader.normal(node.path("path"));
    String access = node.text("permissions").orElse("rwm");
    if (!access.matches("[rwm]{1,3}") || access.chars().distinct().count() != access.length()) {
      throw node.wrong("permissions", "is not one or more of r, w and m, each once");
    }
    return new NodeEdit(
        path,
        node.has("hostPath") ? MountReader.normal(node.path("hostPath")) : path,
        type(node),
        number(node),
        node.number("fileMode", MAX_MODE).map(Math::toIntExact),
        access,
        node.number("uid", MAX_ID),
        node.number("gid", MAX_ID));
  }

  private static Optional<Character> type(SpecObject node) throws SpecException {
    String type = node.text("type").orElse("");
    return switch (type) {
      case "" -> Optional.empty();
      case "c", "u" -> Optional.of('c');
      case "b" -> Optional.of('b');
      default -> throw node.wrong("type", SpecObject.shown(type) + " is not c or b");
    };
  }

  /** Writers leave out the numbers that the host's node is to say, or write 0. */
  private static Optional<DeviceNumber> number(SpecObject node) throws SpecException {
    long major = node.number("major", 0xfff).orElse(0L);
    long minor = node.number("minor", 0xfffff).orElse(0L);
    if (major == 0 && minor == 0) {
      return Optional.empty();
    }
    if (major == 0 || type(node).isEmpty()) {
      throw node.wrong("minor", "stands without major or type");
    }
    return Optional.of(new DeviceNumber(major, minor));
  }

  private static MountEdit mount(SpecObject mount) throws SpecException {
    String type = mount.text("type").orElse("bind");
    if (!Set.of("", "bind").contains(type)) {
      throw mount.wrong("type", SpecObject.shown(type) + " is not supported; only bind is");
    }
    boolean recursive = false;
    boolean readOnly = false;
    Propagation propagation = Propagation.PRIVATE;
    Set<String> restrictions = new TreeSet<>();
    for (String option : mount.texts("options")) {
      switch (option) {
        case "bind", "defaults", "private", "rprivate" -> {}
        case "rbind" -> recursive = true;
        case "ro" -> readOnly = true;
        case "rw" -> readOnly = false;
        case "slave", "rslave" -> propagation = Propagation.HOST_TO_CONTAINER;
        case "shared", "rshared" -> propagation = Propagation.BIDIRECTIONAL;
        default -> {
          if (!RESTRICTIONS.contains(option)) {
            throw mount.wrong("options", SpecObject.shown(option) + " is not supported");
          }
          restrictions.add(option);
        }
      }
    }
    return new MountEdit(
        MountReader.normal(mount.path("containerPath")),
        mount.path("hostPath"),
        recursive,
        readOnly,
        propagation,
        List.copyOf(restrictions));
  }

  private static HookEdit hook(SpecObject hook) throws SpecException {
    String name = hook.required("hookName");
    Optional<HookStage> stage = HookStage.of(name);
    if (stage.isEmpty()) {
      throw hook.wrong("hookName", SpecObject.shown(name) + " is not a stage");
    }
    List<String> environment =
        environment(hook).stream().map(one -> one.name() + "=" + one.value()).toList();
    return new HookEdit(
        stage.get(),
        hook.path("path"),
        hook.texts("args"),
        environment,
        hook.number("timeout", LONGEST_HOOK_SECONDS).map(Math::toIntExact).orElse(0));
  }
}
