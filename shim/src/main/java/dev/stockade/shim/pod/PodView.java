package dev.stockade.shim.pod;

import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.oci.PodContext;
import java.util.Optional;

/**
 * A pod as its containers see it.
 *
 * @param selinux where the kernel has SELinux
 */
public record PodView(
    String id, PodIntent intent, PodContext context, Optional<SelinuxLabels> selinux) {}
