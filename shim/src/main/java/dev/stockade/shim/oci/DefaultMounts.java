package dev.stockade.shim.oci;

import dev.stockade.launcher.spec.OciMount;
import java.util.ArrayList;
import java.util.List;

/** The mounts every container has unless it mounts something else at the same place. */
final class DefaultMounts {
  private DefaultMounts() {}

  static List<OciMount> of(PodContext pod, boolean privileged, boolean readOnlyRoot) {
    List<OciMount> mounts = new ArrayList<>();
    mounts.add(mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"));
    mounts.add(mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
    mounts.add(
        mount(
            "/dev/pts",
            "devpts",
            "devpts",
            "nosuid",
            "noexec",
            "newinstance",
            "ptmxmode=0666",
            "mode=0620",
            "gid=5"));
    mounts.add(queues(pod));
    mounts.add(
        mount(
            "/dev/shm",
            "bind",
            pod.sharedMemory().toString(),
            "rbind",
            "rprivate",
            "nosuid",
            "noexec",
            "nodev",
            "rw"));
    mounts.add(sysfs(pod, privileged));
    mounts.add(
        mount(
            "/sys/fs/cgroup",
            "cgroup",
            "cgroup",
            "nosuid",
            "noexec",
            "nodev",
            "relatime",
            privileged ? "rw" : "ro"));
    pod.files()
        .forEach(
            (target, source) ->
                mounts.add(
                    mount(
                        target,
                        "bind",
                        source.toString(),
                        "rbind",
                        "rprivate",
                        "nosuid",
                        "noexec",
                        "nodev",
                        readOnlyRoot ? "ro" : "rw")));
    return List.copyOf(mounts);
  }

  /** The queues are there as long as their IPC namespace, so a pod's have the pod's context. */
  private static OciMount queues(PodContext pod) {
    List<String> options = new ArrayList<>(List.of("nosuid", "noexec", "nodev"));
    if (pod.namespace("ipc").isPresent()) {
      pod.selinux().ifPresent(labels -> options.add("context=" + labels.file()));
    }
    return new OciMount("/dev/mqueue", "mqueue", "mqueue", options, List.of(), List.of());
  }

  /**
   * A new sysfs shows the network namespace of its maker, and a user namespace may mount one only
   * for a network namespace that it owns; with the host's network the host's own is shown instead
   * (sysfs(5), fs/sysfs/mount.c).
   */
  private static OciMount sysfs(PodContext pod, boolean privileged) {
    String access = privileged ? "rw" : "ro";
    if (pod.hostNetwork() && pod.hasUserNamespace()) {
      return mount("/sys", "bind", "/sys", "rbind", "rprivate", "nosuid", "noexec", "nodev", "rro");
    }
    return mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access);
  }

  private static OciMount mount(String target, String type, String source, String... options) {
    return new OciMount(target, type, source, List.of(options), List.of(), List.of());
  }
}
