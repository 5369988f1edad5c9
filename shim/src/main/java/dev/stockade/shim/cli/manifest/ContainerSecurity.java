package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.shim.cli.manifest.PodRequest.ImageUser;
import java.util.Map;
import java.util.Optional;

/** A container's security context, as it is asked of the daemon. */
final class ContainerSecurity {
  private static final Map<String, Boolean> PROC_MOUNTS =
      Map.of("Default", true, "Unmasked", false);

  private final LinuxContainerSecurityContext.Builder cri =
      LinuxContainerSecurityContext.newBuilder();
  private SecurityFields effective = SecurityFields.NONE;

  private ContainerSecurity() {}

  static ContainerSecurity read(Fields container, PodContext pod) {
    ContainerSecurity security = new ContainerSecurity();
    Optional<Fields> context = container.object("securityContext");
    SecurityFields own =
        context.map(fields -> security.readOwn(fields, pod)).orElse(SecurityFields.NONE);
    if (context.isEmpty()) {
      security.mask();
    }
    security.effective = own.orElse(pod.security().shared());
    security.identity(container, pod);
    security.profiles(pod);
    return security;
  }

  LinuxContainerSecurityContext toCri() {
    return cri.build();
  }

  boolean privileged() {
    return cri.getPrivileged();
  }

  /** What to do with the image's user. */
  ImageUser imageUser() {
    if (effective.user().isPresent()) {
      return ImageUser.LEAVE;
    }
    return effective.nonRoot().orElse(false) ? ImageUser.SEND_UNLESS_ROOT : ImageUser.SEND;
  }

  private SecurityFields readOwn(Fields fields, PodContext pod) {
    SecurityFields own = SecurityFields.read(fields, pod.place().seccompProfiles());
    cri.setPrivileged(fields.flag("privileged", false));
    cri.setReadonlyRootfs(fields.flag("readOnlyRootFilesystem", false));
    Optional<Boolean> escalation = fields.flag("allowPrivilegeEscalation");
    cri.setNoNewPrivs(!escalation.orElse(true));
    fields.ifObject("capabilities", this::capabilities);
    if (cri.getNoNewPrivs() && (cri.getPrivileged() || addsSysAdmin())) {
      fields.problem(
          "allowPrivilegeEscalation", "cannot be false with privileged or with CAP_SYS_ADMIN");
    }
    if (fields.choice("procMount", PROC_MOUNTS).orElse(true)) {
      mask();
    }
    fields.end();
    return own;
  }

  private void capabilities(Fields fields) {
    Capability.Builder capability = Capability.newBuilder();
    capability.addAllAddCapabilities(fields.texts("add"));
    capability.addAllDropCapabilities(fields.texts("drop"));
    cri.setCapabilities(capability);
  }

  private boolean addsSysAdmin() {
    return cri.getCapabilities().getAddCapabilitiesList().stream()
        .anyMatch(name -> name.equals("SYS_ADMIN") || name.equals("CAP_SYS_ADMIN"));
  }

  private void mask() {
    cri.addAllMaskedPaths(KubeletDefaults.MASKED_PATHS);
    cri.addAllReadonlyPaths(KubeletDefaults.READ_ONLY_PATHS);
  }

  private void profiles(PodContext pod) {
    cri.setSeccomp(effective.effectiveSeccomp());
    effective.apparmor().ifPresent(cri::setApparmor);
    effective.selinux().ifPresent(cri::setSelinuxOptions);
    cri.setNamespaceOptions(pod.namespaces());
  }

  private void identity(Fields container, PodContext pod) {
    effective.user().ifPresent(id -> cri.setRunAsUser(SecurityFields.id(id)));
    effective.group().ifPresent(id -> cri.setRunAsGroup(SecurityFields.id(id)));
    cri.addAllSupplementalGroups(pod.security().supplementalGroups());
    cri.setSupplementalGroupsPolicy(pod.security().groupsPolicy());
    if (effective.nonRoot().orElse(false) && effective.user().orElse(1) == 0) {
      container.problem("securityContext.runAsNonRoot", "is true and runAsUser is 0");
    }
  }
}
