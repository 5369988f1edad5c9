package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FdSource.NamespaceFile;
import dev.stockade.launcher.spec.OciNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Claims about namespaces, and what is set in them. */
final class NamespaceClaims {
  private final LaunchContext launch;
  private final List<Claim> claims = new ArrayList<>();

  private NamespaceClaims(LaunchContext launch) {
    this.launch = launch;
  }

  static List<Claim> of(LaunchContext launch) {
    NamespaceClaims made = new NamespaceClaims(launch);
    for (NamespaceKind kind : NamespaceKind.values()) {
      made.namespace(kind);
    }
    launch.idMaps().ifPresent(made::idMaps);
    if (launch.kind() == LaunchKind.CONTAINER || launch.kind() == LaunchKind.NAMESPACES) {
      made.kernelNames();
    }
    launch
        .linux()
        .timeOffsets()
        .forEach(
            (clock, o) -> made.claim(Constraint.TIME_OFFSET, clock, o.secs() + " " + o.nanosecs()));
    return made.claims;
  }

  private void claim(Constraint constraint, String subject, String expected) {
    claims.add(new Claim(constraint, subject, expected));
  }

  private void namespace(NamespaceKind kind) {
    Optional<OciNamespace> asked =
        launch.linux().namespaces().stream()
            .filter(n -> n.type().equals(kind.ociName()))
            .findFirst();
    // A process that holds a pod's namespaces is in some of the launcher's besides; nobody asked
    // about those.
    if (asked.isEmpty() && launch.kind() == LaunchKind.NAMESPACES) {
      return;
    }
    String expected =
        asked.map(n -> n.path().isEmpty() ? Claims.OWN : joined(kind)).orElse(Claims.HOST);
    claim(Constraint.of(kind), "", expected);
  }

  private String joined(NamespaceKind kind) {
    List<FdSource> slots = launch.plan().slots();
    for (int i = 0; i < slots.size(); i++) {
      if (slots.get(i) instanceof NamespaceFile file && file.kind() == kind) {
        return Claims.JOINED + i;
      }
    }
    throw new IllegalStateException("the plan does not join the " + kind.ociName() + " namespace");
  }

  private void idMaps(IdMaps maps) {
    claim(Constraint.USER_UID_MAP, "", maps.uidText().strip().replace("\n", ", "));
    claim(Constraint.USER_GID_MAP, "", maps.gidText().strip().replace("\n", ", "));
  }

  private void kernelNames() {
    if (!launch.spec().hostname().isEmpty()) {
      claim(Constraint.HOSTNAME, "", launch.spec().hostname());
    }
    if (!launch.spec().domainname().isEmpty()) {
      claim(Constraint.DOMAINNAME, "", launch.spec().domainname());
    }
    Problems known = new Problems();
    launch
        .linux()
        .sysctl()
        .forEach(
            (name, value) ->
                Sysctls.path(name, known)
                    .ifPresent(
                        path ->
                            claim(
                                Constraint.SYSCTL,
                                path,
                                Sysctls.shown(path, value, launch.idMaps()))));
  }
}
