package dev.stockade.shim.explain;

import dev.stockade.launcher.plan.Claim;
import dev.stockade.shim.container.ContainerOutlook;
import dev.stockade.shim.container.DeviceOrigins;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.pod.PodView;

/** What gave the constraints of a container's files: mounts, masks and devices. */
final class FileProvenance {
  private static final String SECURITY = "linux.security_context.";

  private final ContainerIntent intent;
  private final ContainerSecurityIntent security;
  private final DeviceOrigins named;
  private final PodView pod;

  FileProvenance(ContainerOutlook.Decision decision, PodView pod) {
    this.intent = decision.intent();
    this.security = intent.security();
    this.named = decision.devices();
    this.pod = pod;
  }

  Origin of(Claim claim) {
    String subject = claim.subject();
    return switch (claim.constraint()) {
      case MOUNTS_ROOT ->
          security.readOnlyRoot()
              ? Origin.field(SECURITY + "readonly_rootfs")
              : Origin.byDefault("readonly_rootfs is not set");
      case MOUNTS_MOUNT, MOUNTS_TREE, MOUNTS_SOURCE, MOUNTS_OPTIONS, MOUNTS_PROPAGATION ->
          named.ofMount(subject).map(Origin::cdi).orElseGet(() -> mount(subject));
      case MOUNTS_MASKED ->
          security.maskedPaths().contains(subject)
              ? Origin.field(SECURITY + "masked_paths")
              : Origin.policy("a directory of this runtime");
      case MOUNTS_READ_ONLY -> Origin.field(SECURITY + "readonly_paths");
      case MOUNTS_OTHERS -> Origin.policy("nothing is mounted that nobody asked for");
      case DEVICES_NODE -> named.ofNode(subject).map(Origin::cdi).orElseGet(() -> device(subject));
      case CGROUP_DEVICES -> devices().and(named.ofNodes());
      default -> throw new IllegalStateException("nobody knows what gave " + claim.constraint());
    };
  }

  private Origin mount(String target) {
    for (int i = 0; i < intent.mounts().size(); i++) {
      if (intent.mounts().get(i).target().equals(target)) {
        return Origin.field("mounts[" + i + "]");
      }
    }
    boolean pods = pod.context().files().containsKey(target) || target.equals("/dev/shm");
    boolean kernel = target.equals("/sys") || target.startsWith("/sys/");
    if (kernel && security.privileged()) {
      return Origin.field(SECURITY + "privileged");
    }
    return Origin.byDefault(pods ? "of the pod" : "");
  }

  private Origin device(String path) {
    for (int i = 0; i < intent.devices().size(); i++) {
      String asked = intent.devices().get(i).containerPath();
      if (path.equals(asked) || path.startsWith(asked + "/")) {
        return Origin.field("devices[" + i + "]");
      }
    }
    return security.privileged()
        ? Origin.field(SECURITY + "privileged")
        : Origin.byDefault("of every container");
  }

  private Origin devices() {
    if (security.privileged()) {
      return Origin.field(SECURITY + "privileged");
    }
    return intent.devices().isEmpty()
        ? Origin.byDefault("the devices of every container")
        : Origin.field("devices, and those of every container");
  }
}
