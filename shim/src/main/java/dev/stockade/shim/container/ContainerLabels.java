package dev.stockade.shim.container;

import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.util.Optional;

/**
 * The SELinux contexts of a container. Its categories, which need not be its pod's, are kept from
 * pods that ask for none while it is there.
 */
final class ContainerLabels {
  private ContainerLabels() {}

  /** Those in its spec; empty where the kernel had no SELinux. */
  static Optional<SelinuxLabels> of(OciSpec spec) {
    String process = spec.process() == null ? "" : spec.process().selinuxLabel();
    String file = spec.linux() == null ? "" : spec.linux().mountLabel();
    return process.isEmpty() || file.isEmpty()
        ? Optional.empty()
        : Optional.of(new SelinuxLabels(process, file));
  }

  static void hold(Optional<Selinux> node, OciSpec spec) {
    node.ifPresent(selinux -> of(spec).ifPresent(selinux::hold));
  }

  static void release(Optional<Selinux> node, OciSpec spec) {
    node.ifPresent(selinux -> of(spec).ifPresent(selinux::release));
  }
}
