package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.stockade.launcher.seccomp.Profile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Linux part, {@code linux}.
 *
 * @param namespaces those not listed are the host's
 * @param uidMappings of the user namespace, be it new or joined
 * @param timeOffsets by clock: monotonic, boottime
 * @param cgroupsPath absolute beneath the cgroup2 mount
 * @param rootfsPropagation empty: private
 * @param seccomp absent: no filter
 * @param mountLabel SELinux context of the file systems made for the container; empty: none
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciLinux(
    List<OciNamespace> namespaces,
    List<OciIdMapping> uidMappings,
    List<OciIdMapping> gidMappings,
    Map<String, OciTimeOffset> timeOffsets,
    List<OciDevice> devices,
    String cgroupsPath,
    @Nullable OciResources resources,
    String rootfsPropagation,
    @Nullable Profile seccomp,
    Map<String, String> sysctl,
    List<String> maskedPaths,
    List<String> readonlyPaths,
    String mountLabel) {
  public OciLinux {
    namespaces = namespaces == null ? List.of() : List.copyOf(namespaces);
    uidMappings = uidMappings == null ? List.of() : List.copyOf(uidMappings);
    gidMappings = gidMappings == null ? List.of() : List.copyOf(gidMappings);
    timeOffsets = OrderedMap.copyOf(timeOffsets);
    devices = devices == null ? List.of() : List.copyOf(devices);
    cgroupsPath = cgroupsPath == null ? "" : cgroupsPath;
    rootfsPropagation = rootfsPropagation == null ? "" : rootfsPropagation;
    sysctl = OrderedMap.copyOf(sysctl);
    maskedPaths = maskedPaths == null ? List.of() : List.copyOf(maskedPaths);
    readonlyPaths = readonlyPaths == null ? List.of() : List.copyOf(readonlyPaths);
    mountLabel = mountLabel == null ? "" : mountLabel;
  }

  OciLinux withCgroup(String path) {
    return with(path, resources, maskedPaths);
  }

  /** The same with more paths that cannot be seen. */
  public OciLinux alsoMasked(List<String> paths) {
    List<String> masked = new ArrayList<>(maskedPaths);
    masked.addAll(paths);
    return with(cgroupsPath, resources, masked);
  }

  OciLinux withResources(OciResources others) {
    return with(cgroupsPath, others, maskedPaths);
  }

  private OciLinux with(String cgroup, @Nullable OciResources limits, List<String> masked) {
    return new OciLinux(
        namespaces,
        uidMappings,
        gidMappings,
        timeOffsets,
        devices,
        cgroup,
        limits,
        rootfsPropagation,
        seccomp,
        sysctl,
        masked,
        readonlyPaths,
        mountLabel);
  }
}
