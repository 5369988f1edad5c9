package dev.stockade.shim.intent;

import java.util.List;

/**
 * What a container may ask only if its pod did: nothing of a container reaches further than its
 * pod.
 */
final class PodAgreement {
  private static final String NAMESPACES = "linux.security_context.namespace_options";

  private final Problems problems;

  PodAgreement(Problems problems) {
    this.problems = problems;
  }

  void check(ContainerIntent container, PodIntent pod) {
    NamespaceIntent mine = container.security().namespaces();
    NamespaceIntent pods = pod.namespaces();
    if (container.security().privileged() && !pod.privileged()) {
      problems.invalid(
          "linux.security_context.privileged",
          "is set in a pod that is not privileged",
          "set it in the pod's security context too");
    }
    if (container.logPath().isPresent() && pod.logDirectory().isEmpty()) {
      problems.invalid(
          "log_path",
          "is set though the pod has no log_directory",
          "set log_directory in the pod's configuration");
    }
    noFurther("network", mine.network(), pods.network());
    noFurther("ipc", mine.ipc(), pods.ipc());
    pid(mine.pid(), pods.pid());
    if (mine.user().isPresent() && !mine.user().equals(pods.user())) {
      problems.invalid(
          NAMESPACES + ".userns_options",
          "differs from the pod's",
          "give the container the same maps as its pod, in the same order");
    }
    if (pods.user().isPresent()) {
      devices(container.devices());
    }
  }

  private void devices(List<DeviceIntent> devices) {
    for (int i = 0; i < devices.size(); i++) {
      if (!devices.get(i).containerPath().equals(devices.get(i).hostPath())) {
        problems.invalid(
            "devices[" + i + "].container_path",
            "is another path than the host's, and a user namespace shows the host's own nodes",
            "use host_path for both, or a pod without userns_options");
      }
    }
  }

  private void noFurther(String name, NamespaceIntent.Sharing mine, NamespaceIntent.Sharing pods) {
    if (mine == NamespaceIntent.Sharing.NODE && pods != NamespaceIntent.Sharing.NODE) {
      problems.invalid(
          NAMESPACES + "." + name, "is NODE in a pod with its own", "use POD, or NODE for the pod");
    }
  }

  private void pid(NamespaceIntent.Pid mine, NamespaceIntent.Pid pods) {
    if (mine == NamespaceIntent.Pid.NODE && pods != NamespaceIntent.Pid.NODE) {
      problems.invalid(
          NAMESPACES + ".pid", "is NODE in a pod that is not", "use NODE for the pod too");
    }
    if (mine == NamespaceIntent.Pid.POD && pods == NamespaceIntent.Pid.CONTAINER) {
      problems.invalid(
          NAMESPACES + ".pid",
          "is POD, but the pod was made without a shared PID namespace",
          "use CONTAINER, or POD for the pod too");
    }
  }
}
