package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What is asked of a further process in a container: exactly the container's constraints. */
public final class ExecSpec {
  private ExecSpec() {}

  /**
   * The spec of {@link LaunchKind#EXEC}.
   *
   * @param container the container's own
   * @param process the container's process, but for what is executed
   * @param pid of the container's process, as the host numbers it: whose namespaces are joined
   */
  public static OciSpec of(OciSpec container, OciProcess process, int pid) {
    OciLinux linux = Objects.requireNonNull(container.linux());
    return new OciSpec(
        container.ociVersion(),
        process,
        null,
        "",
        "",
        List.of(),
        Map.of(),
        null,
        new OciLinux(
            namespaces(linux, pid),
            linux.uidMappings(),
            linux.gidMappings(),
            Map.of(),
            List.of(),
            linux.cgroupsPath(),
            null,
            "",
            linux.seccomp(),
            Map.of(),
            List.of(),
            List.of(),
            linux.mountLabel()));
  }

  /**
   * Those the container has of its own or of its pod; where it has the host's, so does the process.
   */
  private static List<OciNamespace> namespaces(OciLinux linux, int pid) {
    List<OciNamespace> joined = new ArrayList<>();
    for (OciNamespace namespace : linux.namespaces()) {
      for (NamespaceKind kind : NamespaceKind.values()) {
        if (kind.ociName().equals(namespace.type())) {
          joined.add(new OciNamespace(kind.ociName(), "/proc/" + pid + "/ns/" + kind.procName()));
        }
      }
    }
    return List.copyOf(joined);
  }
}
