package dev.stockade.bench;

import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciRoot;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The daemon's own OCI spec as a bundle for another runtime: the same namespaces, mounts, masks,
 * capabilities and filter.
 */
final class PeerBundle {
  private final Path pod;
  private final Path podSeen;

  /**
   * For the containers of one pod.
   *
   * @param pod its directory in the daemon's run directory
   * @param podSeen where the other runtime sees that directory
   */
  PeerBundle(Path pod, Path podSeen) {
    this.pod = pod;
    this.podSeen = podSeen;
  }

  /** Writes {@code config.json}; the root is {@code rootfs} beside it. */
  void write(OciSpec spec, Path directory, String program) throws IOException {
    OciSpec theirs =
        new OciSpec(
            spec.ociVersion(),
            process(Objects.requireNonNull(spec.process()), program),
            new OciRoot("rootfs", false),
            "",
            "",
            mounts(spec.mounts()),
            spec.annotations(),
            null,
            linux(Objects.requireNonNull(spec.linux())));
    Files.write(directory.resolve("config.json"), OciJson.write(theirs));
  }

  private static OciProcess process(OciProcess process, String program) {
    return new OciProcess(
        false,
        null,
        process.user(),
        List.of(program),
        process.env(),
        process.cwd(),
        process.capabilities(),
        process.rlimits(),
        process.noNewPrivileges(),
        process.apparmorProfile(),
        process.selinuxLabel(),
        process.oomScoreAdj());
  }

  /**
   * Where version 1 is mounted the others would make a directory with a bind for every hierarchy;
   * the version 2 file system is what the daemon mounts.
   */
  private List<OciMount> mounts(List<OciMount> mounts) {
    List<OciMount> theirs = new ArrayList<>();
    for (OciMount mount : mounts) {
      boolean cgroup = mount.type().equals("cgroup");
      theirs.add(
          new OciMount(
              mount.destination(),
              cgroup ? "cgroup2" : mount.type(),
              cgroup ? "cgroup2" : seen(mount.source()),
              mount.options(),
              mount.uidMappings(),
              mount.gidMappings()));
    }
    return theirs;
  }

  private String seen(String path) {
    Path source = Path.of(path);
    return source.startsWith(pod) ? podSeen.resolve(pod.relativize(source)).toString() : path;
  }

  /** The others place their cgroups themselves. */
  private OciLinux linux(OciLinux linux) {
    List<OciNamespace> namespaces =
        linux.namespaces().stream()
            .map(n -> n.path().isEmpty() ? n : new OciNamespace(n.type(), seen(n.path())))
            .toList();
    return new OciLinux(
        namespaces,
        linux.uidMappings(),
        linux.gidMappings(),
        linux.timeOffsets(),
        linux.devices(),
        "",
        linux.resources(),
        linux.rootfsPropagation(),
        linux.seccomp(),
        linux.sysctl(),
        linux.maskedPaths(),
        linux.readonlyPaths(),
        linux.mountLabel());
  }
}
