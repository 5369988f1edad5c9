package dev.stockade.shim.intent;

import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.shim.record.Identifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads namespace options of pods and containers. */
final class NamespaceReader {
  private static final long MAX_ID = (1L << 32) - 2;

  private final Problems problems;
  private final String field;

  NamespaceReader(Problems problems, String field) {
    this.problems = problems;
    this.field = field;
  }

  NamespaceIntent read(NamespaceOption options) {
    NamespaceIntent.Pid pid = pid(options);
    Optional<String> target = Optional.empty();
    if (pid == NamespaceIntent.Pid.TARGET) {
      target = Optional.of(options.getTargetId());
      if (!Identifier.isWhole(options.getTargetId())) {
        problems.invalid(
            field + ".target_id",
            TextRules.quoted(options.getTargetId()) + " is not a container id",
            "give the whole id of a running container of the same pod");
      }
    } else if (!options.getTargetId().isEmpty()) {
      problems.invalid(
          field + ".target_id", "is set though pid is not TARGET", "set pid to TARGET or clear it");
    }
    NamespaceIntent intent =
        new NamespaceIntent(
            sharing("network", options.getNetwork(), options.getNetworkValue()),
            pid,
            sharing("ipc", options.getIpc(), options.getIpcValue()),
            target,
            options.hasUsernsOptions() ? user(options.getUsernsOptions()) : Optional.empty());
    if (intent.user().isPresent()) {
      hostsBesideAUserNamespace(intent);
    }
    return intent;
  }

  /**
   * Both have a file system that a container mounts, which the kernel gives to their owner only.
   */
  private void hostsBesideAUserNamespace(NamespaceIntent intent) {
    String instead = "use a namespace of the pod's own, or userns_options with mode NODE";
    if (intent.pid() == NamespaceIntent.Pid.NODE) {
      problems.invalid(
          field + ".pid", "is NODE beside a user namespace, where no proc can be mounted", instead);
    }
    if (intent.ipc() == NamespaceIntent.Sharing.NODE) {
      problems.invalid(
          field + ".ipc",
          "is NODE beside a user namespace, where no mqueue can be mounted",
          instead);
    }
  }

  private NamespaceIntent.Sharing sharing(String name, NamespaceMode mode, int number) {
    if (mode == NamespaceMode.NODE) {
      return NamespaceIntent.Sharing.NODE;
    }
    if (mode != NamespaceMode.POD) {
      problems.invalid(
          field + "." + name, shown(mode, number) + " is not possible here", "use POD or NODE");
    }
    return NamespaceIntent.Sharing.POD;
  }

  private NamespaceIntent.Pid pid(NamespaceOption options) {
    return switch (options.getPid()) {
      case POD -> NamespaceIntent.Pid.POD;
      case CONTAINER -> NamespaceIntent.Pid.CONTAINER;
      case NODE -> NamespaceIntent.Pid.NODE;
      case TARGET -> NamespaceIntent.Pid.TARGET;
      default -> {
        problems.invalid(
            field + ".pid",
            options.getPidValue() + " is not a namespace mode",
            "use POD, CONTAINER, NODE or TARGET");
        yield NamespaceIntent.Pid.CONTAINER;
      }
    };
  }

  private Optional<NamespaceIntent.UserNamespace> user(UserNamespace options) {
    String name = field + ".userns_options";
    if (options.getMode() == NamespaceMode.NODE) {
      if (options.getUidsCount() + options.getGidsCount() > 0) {
        problems.invalid(name, "gives maps with mode NODE", "clear the maps or use mode POD");
      }
      return Optional.empty();
    }
    if (options.getMode() != NamespaceMode.POD) {
      problems.invalid(
          name + ".mode",
          shown(options.getMode(), options.getModeValue()) + " is not possible here",
          "use POD or NODE");
      return Optional.empty();
    }
    List<IdMap> uids = idMap(name + ".uids", options.getUidsList());
    List<IdMap> gids = idMap(name + ".gids", options.getGidsList());
    return Optional.of(new NamespaceIntent.UserNamespace(uids, gids));
  }

  /** One range that maps identifier 0, as the kubelet makes them (KEP-127). */
  private List<IdMap> idMap(String name, List<IDMapping> maps) {
    if (maps.size() != 1) {
      problems.invalid(name, "has " + maps.size() + " ranges", "give exactly one");
      return List.of();
    }
    List<IdMap> read = readIdMaps(problems, name, maps);
    if (maps.get(0).getContainerId() != 0) {
      problems.invalid(
          name,
          "does not map id 0 of the container",
          "begin the range at container_id 0; without it no file can belong to root");
    }
    return read;
  }

  static List<IdMap> readIdMaps(Problems problems, String name, List<IDMapping> maps) {
    List<IdMap> read = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      IDMapping map = maps.get(i);
      long container = Integer.toUnsignedLong(map.getContainerId());
      long host = Integer.toUnsignedLong(map.getHostId());
      long length = Integer.toUnsignedLong(map.getLength());
      if (length < 1 || container + length - 1 > MAX_ID || host + length - 1 > MAX_ID) {
        problems.invalid(
            name + "[" + i + "]",
            "is empty or reaches beyond id " + MAX_ID,
            "give a length of at least 1 that stays within 32 bits");
      }
      read.add(new IdMap(container, host, length));
    }
    return List.copyOf(read);
  }

  private static String shown(NamespaceMode mode, int number) {
    return mode == NamespaceMode.UNRECOGNIZED ? "mode " + number : mode.name();
  }
}
