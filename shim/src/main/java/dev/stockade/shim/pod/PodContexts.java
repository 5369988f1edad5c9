package dev.stockade.shim.pod;

import dev.stockade.launcher.engine.PodNamespaces;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.oci.PodContext;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What containers get from a pod, from what was asked and what was made; the same after a restart
 * of the daemon.
 */
final class PodContexts {
  /**
   * Processes may only be in leaves (cgroups(7)), so the pod's own process has a cgroup beside the
   * containers'.
   */
  private static final String INIT = "init-";

  private static final Path HOST_SHARED_MEMORY = Path.of("/dev/shm");

  private PodContexts() {}

  static PodContext of(
      String id,
      PodIntent intent,
      String hostname,
      Map<String, Path> namespaces,
      PodFiles files,
      String ownCgroupParent,
      Optional<SelinuxLabels> selinux) {
    NamespaceIntent asked = intent.namespaces();
    boolean hostIpc = asked.ipc() == NamespaceIntent.Sharing.NODE;
    Optional<NamespaceIntent.UserNamespace> user = asked.user();
    return new PodContext(
        id,
        hostname,
        intent.sysctls(),
        Map.copyOf(namespaces),
        asked.network() == NamespaceIntent.Sharing.NODE,
        files.byTarget(),
        hostIpc ? HOST_SHARED_MEMORY : files.sharedMemory(),
        PodNames.cgroup(id, intent, ownCgroupParent),
        PodPlans.maps(user.map(NamespaceIntent.UserNamespace::uids)),
        PodPlans.maps(user.map(NamespaceIntent.UserNamespace::gids)),
        selinux);
  }

  /** The files of a pod's namespaces by OCI type. */
  static Map<String, Path> paths(PodNamespaces namespaces) {
    Map<String, Path> paths = new HashMap<>();
    for (NamespaceKind kind : namespaces.kinds()) {
      namespaces.path(kind).ifPresent(path -> paths.put(kind.ociName(), path));
    }
    return paths;
  }

  static String initCgroup(String id, PodIntent intent, String ownCgroupParent) {
    return PodNames.cgroup(id, intent, ownCgroupParent) + "/" + INIT + id;
  }
}
