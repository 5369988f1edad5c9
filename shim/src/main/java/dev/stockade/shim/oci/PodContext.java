package dev.stockade.shim.oci;

import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a container gets from its pod.
 *
 * @param hostname what the pod's UTS namespace is called
 * @param sysctls kernel parameters of the pod's namespaces, set when those were made
 * @param namespaces files of the pod's namespaces by OCI type; a type that is missing is the host's
 * @param hostNetwork whether the pod lives in the host's network namespace
 * @param files hosts, hostname and resolv.conf of the pod by their path in the container
 * @param sharedMemory the pod's /dev/shm on the host
 * @param cgroup path of the pod's cgroup beneath the cgroup2 mount
 * @param uidMaps of the pod's user namespace, empty for the host's
 * @param selinux the pod's own contexts where the kernel has SELinux: its files, its shared memory
 *     and its message queues have them
 */
public record PodContext(
    String id,
    String hostname,
    Map<String, String> sysctls,
    Map<String, Path> namespaces,
    boolean hostNetwork,
    Map<String, Path> files,
    Path sharedMemory,
    String cgroup,
    List<OciIdMapping> uidMaps,
    List<OciIdMapping> gidMaps,
    Optional<SelinuxLabels> selinux) {

  /** The pod's namespace of this OCI type. */
  public Optional<Path> namespace(String type) {
    return Optional.ofNullable(namespaces.get(type));
  }

  /** The same with other files. */
  public PodContext withFiles(Map<String, Path> others) {
    return new PodContext(
        id,
        hostname,
        sysctls,
        namespaces,
        hostNetwork,
        others,
        sharedMemory,
        cgroup,
        uidMaps,
        gidMaps,
        selinux);
  }

  /** Whether the pod has a user namespace of its own. */
  public boolean hasUserNamespace() {
    return namespaces.containsKey("user");
  }
}
