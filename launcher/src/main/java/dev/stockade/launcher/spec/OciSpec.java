package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A container's {@code config.json}, OCI runtime specification 1.2, as far as Linux containers use
 * it.
 *
 * @param ociVersion for example {@code 1.2.1}
 * @param process absent where nothing is executed
 * @param root absent where no root is made, as for exec
 * @param hostname empty: not set
 * @param domainname empty: not set
 * @param mounts in the order in which they are made
 * @param annotations data only: nothing in the launch depends on them
 * @param hooks programs of the node, run at the stages of the container's life cycle
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciSpec(
    String ociVersion,
    @Nullable OciProcess process,
    @Nullable OciRoot root,
    String hostname,
    String domainname,
    List<OciMount> mounts,
    Map<String, String> annotations,
    @Nullable OciHooks hooks,
    @Nullable OciLinux linux) {
  public OciSpec {
    ociVersion = ociVersion == null ? "" : ociVersion;
    hostname = hostname == null ? "" : hostname;
    domainname = domainname == null ? "" : domainname;
    mounts = mounts == null ? List.of() : List.copyOf(mounts);
    annotations = OrderedMap.copyOf(annotations);
  }

  /** The same in another cgroup. */
  public OciSpec withCgroup(String path) {
    return withMounts(mounts, linux == null ? null : linux.withCgroup(path));
  }

  /** The same with other limits. */
  public OciSpec withLimits(OciResources resources, int oomScoreAdj) {
    return new OciSpec(
        ociVersion,
        process == null ? null : process.withOomScoreAdj(oomScoreAdj),
        root,
        hostname,
        domainname,
        mounts,
        annotations,
        hooks,
        linux == null ? null : linux.withResources(resources));
  }

  /** The same with these hooks. */
  public OciSpec with(OciHooks others) {
    return new OciSpec(
        ociVersion, process, root, hostname, domainname, mounts, annotations, others, linux);
  }

  /** The same with another root. */
  public OciSpec with(OciRoot other) {
    return new OciSpec(
        ociVersion, process, other, hostname, domainname, mounts, annotations, hooks, linux);
  }

  /** The same with other mounts, and what belongs to them. */
  public OciSpec withMounts(List<OciMount> others, @Nullable OciLinux with) {
    return new OciSpec(
        ociVersion, process, root, hostname, domainname, others, annotations, hooks, with);
  }
}
