package dev.stockade.shim.oci;

import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.shim.image.ImageConfig;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was read from the image and the host for one container.
 *
 * @param localhostProfile the profile file a Localhost seccomp request names
 * @param apparmorProfile its name, {@code unconfined}, or nothing on a node without AppArmor
 * @param devices nodes of the host the request asks for, or all of them for a privileged container
 * @param selinux its contexts where the kernel has SELinux
 * @param imageVolumes by their targets
 * @param targetPidNamespace file of the PID namespace that a TARGET request names
 */
public record ContainerMaterials(
    ImageConfig image,
    Identity identity,
    Optional<Profile> localhostProfile,
    String apparmorProfile,
    List<DeviceNode> devices,
    Optional<SelinuxLabels> selinux,
    Optional<Path> targetPidNamespace,
    Map<String, ImageLayers> imageVolumes) {}
