package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FdSource.NamespaceFile;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciTimeOffset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Namespaces made and joined, and the id maps. */
final class NamespaceStage {
  private static final long NANOS = 1_000_000_000L;
  private static final List<String> CLOCKS = List.of("monotonic", "boottime");

  private final Draft draft;
  private final Namespaces namespaces;
  private final Map<NamespaceKind, Path> files = new EnumMap<>(NamespaceKind.class);

  private NamespaceStage(Draft draft) {
    this.draft = draft;
    this.namespaces = draft.namespaces;
  }

  static void plan(Draft draft, OciLinux linux) {
    NamespaceStage stage = new NamespaceStage(draft);
    stage.read(linux.namespaces());
    stage.readMaps(linux);
    stage.checkKind();
    stage.create();
    stage.join();
    stage.clocks(linux.timeOffsets());
  }

  private void read(List<OciNamespace> asked) {
    for (int i = 0; i < asked.size(); i++) {
      String field = "linux.namespaces[" + i + "]";
      OciNamespace namespace = asked.get(i);
      Optional<NamespaceKind> kind = NamespaceKind.ofOciName(namespace.type());
      if (kind.isEmpty()) {
        draft.problems.add(
            field + ".type",
            "\"" + namespace.type() + "\" is no kind of namespace",
            "use pid, network, mount, ipc, uts, user, cgroup or time");
      } else if (!namespaces.ask(kind.get(), namespace.path())) {
        draft.problems.add(field, "a second " + namespace.type() + " namespace", "list each once");
      } else if (!namespace.path().isEmpty()) {
        HostPath.parse(field + ".path", namespace.path(), draft.problems)
            .ifPresent(path -> files.put(kind.get(), path));
      }
    }
  }

  private void readMaps(OciLinux linux) {
    if (namespaces.user()) {
      IdMapReview.check("linux.uidMappings", linux.uidMappings(), draft.problems);
      IdMapReview.check("linux.gidMappings", linux.gidMappings(), draft.problems);
      namespaces.map(new IdMaps(linux.uidMappings(), linux.gidMappings()));
    } else if (!linux.uidMappings().isEmpty() || !linux.gidMappings().isEmpty()) {
      draft.problems.add(
          "linux.uidMappings",
          "ids are mapped without a user namespace",
          "list the user namespace, too");
    }
  }

  private void checkKind() {
    switch (draft.kind()) {
      case CONTAINER -> needsNew(NamespaceKind.MOUNT);
      case POD_INIT -> {
        needsNew(NamespaceKind.MOUNT);
        needsNew(NamespaceKind.PID);
      }
      case EXEC -> needsAllJoined();
      case NAMESPACES -> needsNoneOf(NamespaceKind.MOUNT, NamespaceKind.PID, NamespaceKind.CGROUP);
    }
    if (namespaces.user()
        && namespaces.isHost(NamespaceKind.PID)
        && draft.kind() != LaunchKind.NAMESPACES) {
      draft.problems.add(
          "linux.namespaces",
          "a user namespace with the host's PID namespace: procfs cannot be mounted there",
          "use a PID namespace of the container or the pod");
    }
    if (namespaces.makes(NamespaceKind.USER) && namespaces.joins(NamespaceKind.PID).isPresent()) {
      draft.problems.add(
          "linux.namespaces",
          "a new user namespace has no rights over a PID namespace that is there already",
          "join the user namespace that the PID namespace belongs to");
    }
  }

  private void needsNew(NamespaceKind kind) {
    if (!namespaces.makes(kind)) {
      draft.problems.add(
          "linux.namespaces",
          "no new " + kind.ociName() + " namespace",
          "list it without a path: its root and mounts are made for this launch");
    }
  }

  private void needsAllJoined() {
    for (NamespaceKind kind : NamespaceKind.values()) {
      if (namespaces.makes(kind)) {
        draft.problems.add(
            "linux.namespaces",
            "exec makes a " + kind.ociName() + " namespace",
            "give the container's path");
      }
    }
    if (namespaces.isHost(NamespaceKind.MOUNT)) {
      draft.problems.add(
          "linux.namespaces",
          "exec in the host's mount namespace",
          "give the path of the container's mount namespace");
    }
  }

  private void needsNoneOf(NamespaceKind... kinds) {
    for (NamespaceKind kind : kinds) {
      if (!namespaces.isHost(kind)) {
        draft.problems.add(
            "linux.namespaces",
            "a pod's " + kind.ociName() + " namespace is not held this way",
            "leave it to the containers or the pod's init");
      }
    }
  }

  private void create() {
    for (NamespaceKind kind : NamespaceKind.values()) {
      if (kind != NamespaceKind.TIME && namespaces.makes(kind)) {
        draft.cloneWith(kind.flag());
      }
    }
    if (namespaces.makes(NamespaceKind.USER)) {
      Optional<IdMaps> maps = namespaces.idMaps();
      maps.ifPresent(
          m -> draft.add(Section.ATTEND, new MonitorStep.IdMaps(m.uidText(), m.gidText(), 1)));
    }
    if (namespaces.user()) {
      draft.add(Section.USER_NS_ROOT, new NamespaceStep.UserNsRoot());
    }
    if (namespaces.makes(NamespaceKind.NETWORK)) {
      draft.add(Section.NETWORK, new NamespaceStep.LoopbackUp());
    }
    if (namespaces.makes(NamespaceKind.MOUNT)) {
      draft.add(
          Section.PROPAGATION, new NamespaceStep.Propagation(MountFlags.REC | MountFlags.PRIVATE));
    }
  }

  private void join() {
    files.forEach(this::join);
  }

  private void join(NamespaceKind kind, Path path) {
    Slot slot = draft.supply(new NamespaceFile(path, kind));
    switch (kind) {
      case PID -> joinPid(slot);
      case USER -> draft.add(Section.USER_NS, new MonitorStep.JoinUserNs(slot));
      case MOUNT -> draft.add(Section.MOUNT_JOIN, new NamespaceStep.JoinNs(slot, kind.flag()));
      case NETWORK, IPC, UTS, TIME, CGROUP ->
          draft.add(Section.JOINS, new NamespaceStep.JoinNs(slot, kind.flag()));
    }
  }

  private void joinPid(Slot slot) {
    draft.bearInto(slot);
    draft.add(Section.PID_JOIN, new NamespaceStep.JoinPidNs(slot));
    draft.add(Section.BIRTH, new NamespaceStep.Birth());
  }

  private void clocks(Map<String, OciTimeOffset> offsets) {
    if (namespaces.makes(NamespaceKind.TIME)) {
      if (!draft.request.facts().timeNamespaces()) {
        draft.problems.add(
            "linux.namespaces", "this kernel has no time namespaces", "leave it out");
      }
      draft.add(Section.CLOCKS, new NamespaceStep.Unshare(CloneFlags.NEWTIME));
    } else if (!offsets.isEmpty()) {
      draft.problems.add(
          "linux.timeOffsets",
          "clocks are set off without a new time namespace",
          "list the namespace");
    }
    List<String> lines = new ArrayList<>();
    offsets.forEach((clock, offset) -> lines.add(line(clock, offset)));
    if (!lines.isEmpty()) {
      draft.add(Section.CLOCKS, new NamespaceStep.TimeOffsets(String.join("\n", lines) + "\n"));
    }
  }

  private String line(String clock, OciTimeOffset offset) {
    String field = "linux.timeOffsets." + clock;
    if (!CLOCKS.contains(clock)) {
      draft.problems.add(field, "is no clock that can be set off", "use monotonic or boottime");
    }
    if (offset.nanosecs() < 0 || offset.nanosecs() >= NANOS) {
      draft.problems.add(field + ".nanosecs", "is not within 0 to 999999999", "carry into secs");
    }
    return clock + " " + offset.secs() + " " + offset.nanosecs();
  }
}
