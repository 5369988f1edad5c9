package dev.stockade.shim.container;

import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.SecurityProfileIntent;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.oci.ContainerMaterials;
import dev.stockade.shim.oci.DeviceNode;
import dev.stockade.shim.oci.Identity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads from the image and the host what a container's spec is made of. */
final class Materials {
  private final Node node;
  private final Containers containers;

  Materials(Node node, Containers containers) {
    this.node = node;
    this.containers = containers;
  }

  ContainerMaterials read(ContainerIntent intent, String podId, Image image)
      throws CallFailure, ImageException {
    Identity identity =
        IdentityReader.read(
            intent.security().user(), image.config().user(), node.images().users(image));
    return new ContainerMaterials(
        image.config(), identity, seccomp(intent), devices(intent), target(intent, podId));
  }

  private static Optional<Profile> seccomp(ContainerIntent intent) throws CallFailure {
    boolean needed = !intent.security().privileged();
    if (needed
        && intent.security().seccomp() instanceof SecurityProfileIntent.Localhost localhost) {
      return Optional.of(SeccompFile.read(Path.of(localhost.reference())));
    }
    return Optional.empty();
  }

  private List<DeviceNode> devices(ContainerIntent intent) throws CallFailure {
    List<DeviceNode> nodes = new ArrayList<>(HostDevices.asked(intent.devices()));
    if (intent.security().privileged() && node.settings().defaults().privilegedHostDevices()) {
      nodes.addAll(HostDevices.all());
    }
    return nodes;
  }

  private Optional<Path> target(ContainerIntent intent, String podId) throws CallFailure {
    NamespaceIntent namespaces = intent.security().namespaces();
    if (namespaces.target().isEmpty()) {
      return Optional.empty();
    }
    PidTarget targets = new PidTarget(containers);
    return Optional.of(
        PidTarget.namespace(targets.running("CreateContainer", namespaces.target().get(), podId)));
  }
}
