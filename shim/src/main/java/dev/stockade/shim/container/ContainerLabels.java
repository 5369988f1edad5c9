package dev.stockade.shim.container;

import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.io.IOException;
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

  /** What its volumes get that ask for it; empty where no label keeps it from files. */
  static Optional<String> ofVolumes(Optional<Selinux> node, OciSpec spec) throws CallFailure {
    Optional<SelinuxLabels> labels = of(spec);
    try {
      return node.isPresent() && labels.isPresent() && node.get().confines(labels.get())
          ? labels.map(SelinuxLabels::file)
          : Optional.empty();
    } catch (IOException e) {
      throw Refusals.of("ask the SELinux policy what it keeps a container from", e);
    }
  }

  static void hold(Optional<Selinux> node, OciSpec spec) {
    node.ifPresent(selinux -> of(spec).ifPresent(selinux::hold));
  }

  static void release(Optional<Selinux> node, OciSpec spec) {
    node.ifPresent(selinux -> of(spec).ifPresent(selinux::release));
  }
}
