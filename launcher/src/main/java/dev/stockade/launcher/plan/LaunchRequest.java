package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciSpec;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Everything a plan is compiled from.
 *
 * @param kind what is launched
 * @param id of the container or exec, unique on the node: names the exit record and the session
 *     keyring
 * @param spec what is asked. EXEC: the namespaces are those of the container, all with paths, and
 *     mounts, masks and devices are not looked at. NAMESPACES: the process is not looked at.
 *     POD_INIT: likewise, except oomScoreAdj; the filter is linux.seccomp
 * @param root where the root comes from
 * @param facts what the host can do
 * @param io what the standard streams are
 * @param rootMountPoint an empty directory of the host, in a private one, where the root is
 *     attached before it becomes the root
 * @param bindSources what each bind's source is, by its path as it stands in the spec
 * @param mayDegrade the constraints the node's configuration allows to be missing
 * @param secureBits {@link dev.stockade.launcher.caps.SecureBits} of the process
 */
public record LaunchRequest(
    LaunchKind kind,
    String id,
    OciSpec spec,
    RootFs root,
    HostFacts facts,
    IoMode io,
    Path rootMountPoint,
    Map<String, FileKind> bindSources,
    Set<Constraint> mayDegrade,
    int secureBits) {
  public LaunchRequest {
    bindSources = Map.copyOf(bindSources);
    mayDegrade = Set.copyOf(mayDegrade);
  }

  /** As the canonical constructor, with nothing allowed to degrade and no securebits. */
  public LaunchRequest(
      LaunchKind kind,
      String id,
      OciSpec spec,
      RootFs root,
      HostFacts facts,
      IoMode io,
      Path rootMountPoint,
      Map<String, FileKind> bindSources) {
    this(kind, id, spec, root, facts, io, rootMountPoint, bindSources, Set.of(), 0);
  }

  /** The same of another id: no plan of an exec depends on it. */
  public LaunchRequest withId(String other) {
    return new LaunchRequest(
        kind, other, spec, root, facts, io, rootMountPoint, bindSources, mayDegrade, secureBits);
  }

  @Override
  public String toString() {
    return "LaunchRequest[" + kind + " " + id + "]";
  }
}
