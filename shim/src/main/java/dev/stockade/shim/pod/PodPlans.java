package dev.stockade.shim.pod;

import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.RootFs;
import dev.stockade.launcher.seccomp.InitProfile;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.launcher.spec.OciUser;
import dev.stockade.shim.intent.IdMap;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.node.NodeView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is launched for a pod itself: its namespaces, and a first process where containers share a
 * PID namespace.
 */
final class PodPlans {
  private static final String OCI_VERSION = "1.2.1";

  private final NodeView node;

  PodPlans(NodeView node) {
    this.node = node;
  }

  /**
   * The request for the pod's own namespaces; a UTS namespace is always among them, so that no pod
   * renames the node.
   */
  LaunchRequest namespaces(
      String id, PodIntent intent, Optional<SelinuxLabels> labels, String hostname) {
    List<OciNamespace> made = new ArrayList<>();
    NamespaceIntent asked = intent.namespaces();
    if (asked.user().isPresent()) {
      made.add(fresh(NamespaceKind.USER));
    }
    if (asked.network() == NamespaceIntent.Sharing.POD) {
      made.add(fresh(NamespaceKind.NETWORK));
    }
    if (asked.ipc() == NamespaceIntent.Sharing.POD) {
      made.add(fresh(NamespaceKind.IPC));
    }
    made.add(fresh(NamespaceKind.UTS));
    return request(
        LaunchKind.NAMESPACES,
        id,
        spec(hostname, null, made, intent, labels, "", null, intent.sysctls()));
  }

  /** The request for the process that is number 1 to all containers of the pod. */
  LaunchRequest init(
      String id,
      PodIntent intent,
      Optional<SelinuxLabels> labels,
      Optional<Path> userNamespace,
      String cgroup) {
    List<OciNamespace> namespaces = new ArrayList<>();
    userNamespace.ifPresent(
        path -> namespaces.add(new OciNamespace(NamespaceKind.USER.ociName(), path.toString())));
    namespaces.add(fresh(NamespaceKind.MOUNT));
    namespaces.add(fresh(NamespaceKind.PID));
    return request(
        LaunchKind.POD_INIT,
        id,
        spec(
            "",
            process(labels),
            namespaces,
            intent,
            labels,
            cgroup,
            InitProfile.profile(),
            Map.of()));
  }

  /** Of what is asked of the first process only the label counts. */
  private static OciProcess process(Optional<SelinuxLabels> labels) {
    return new OciProcess(
        false,
        null,
        new OciUser(0, 0, null, List.of()),
        List.of(),
        List.of(),
        "/",
        null,
        List.of(),
        true,
        "",
        labels.map(SelinuxLabels::process).orElse(""),
        null);
  }

  private static OciNamespace fresh(NamespaceKind kind) {
    return new OciNamespace(kind.ociName(), "");
  }

  private static OciSpec spec(
      String hostname,
      @Nullable OciProcess process,
      List<OciNamespace> namespaces,
      PodIntent intent,
      Optional<SelinuxLabels> labels,
      String cgroup,
      @Nullable Profile filter,
      Map<String, String> sysctls) {
    Optional<NamespaceIntent.UserNamespace> user = intent.namespaces().user();
    OciLinux linux =
        new OciLinux(
            namespaces,
            maps(user.map(NamespaceIntent.UserNamespace::uids)),
            maps(user.map(NamespaceIntent.UserNamespace::gids)),
            Map.of(),
            List.of(),
            cgroup,
            null,
            "",
            filter,
            sysctls,
            List.of(),
            List.of(),
            labels.map(SelinuxLabels::file).orElse(""));
    return new OciSpec(OCI_VERSION, process, null, hostname, "", List.of(), Map.of(), null, linux);
  }

  static List<OciIdMapping> maps(Optional<List<IdMap>> maps) {
    return maps.orElse(List.of()).stream()
        .map(map -> new OciIdMapping(map.containerId(), map.hostId(), map.length()))
        .toList();
  }

  private LaunchRequest request(LaunchKind kind, String id, OciSpec spec) {
    return new LaunchRequest(
        kind,
        id,
        spec,
        new RootFs.None(),
        node.facts(),
        IoMode.NULL,
        node.rootMountPoint(),
        Map.of(),
        node.settings().mayDegrade(),
        0);
  }
}
