package dev.stockade.shim.container;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.seccomp.ProfileDocument;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.intent.SecurityProfileIntent;
import dev.stockade.shim.intent.UserIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.node.NodeRules;
import dev.stockade.shim.node.NodeView;
import dev.stockade.shim.oci.ContainerMaterials;
import dev.stockade.shim.oci.DeviceNode;
import dev.stockade.shim.oci.Identity;
import dev.stockade.shim.pod.PodView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads from the image and the host what a container's spec is made of. */
final class Materials {
  private final NodeView node;
  private final PidTarget.Finder targets;

  Materials(NodeView node, PidTarget.Finder targets) {
    this.node = node;
    this.targets = targets;
  }

  /**
   * What the spec of one container is made of.
   *
   * @param seccomp the profile of the node it asks for, if it does
   * @param named the devices it has by name
   */
  ContainerMaterials read(
      ContainerIntent intent,
      PodView pod,
      Image image,
      Optional<SeccompFile.Read> seccomp,
      NamedDevices named)
      throws CallFailure, ImageException, IntentRejection {
    Identity identity =
        IdentityReader.read(
            intent.security().user(), image.config().user(), node.images().users(image));
    Optional<NamespaceIntent.UserNamespace> users = pod.intent().namespaces().user();
    boolean ownUsers = users.isPresent();
    requireUser(identity, ownUsers);
    return new ContainerMaterials(
        image.config(),
        named.into(identity),
        seccomp.map(SeccompFile.Read::profile),
        node.appArmor().profile(intent.security()),
        devices(intent, users, named),
        selinux(intent, pod),
        target(intent, pod.id()),
        ImageVolumes.find(intent.mounts(), node.images()));
  }

  /**
   * The profile of the node a container asks for.
   *
   * @param granted the capabilities it will have
   */
  Optional<SeccompFile.Read> seccomp(ContainerIntent intent, String podId, CapabilitySet granted)
      throws CallFailure {
    boolean needed = !intent.security().privileged();
    if (needed
        && intent.security().seccomp() instanceof SecurityProfileIntent.Localhost localhost) {
      HostFacts facts = node.facts();
      return Optional.of(
          SeccompFile.read(
              Path.of(localhost.reference()),
              intent.name(),
              new KeptProfiles(node.paths(), podId),
              new ProfileDocument.Subject(
                  facts.arch(), Set.copyOf(granted.ociNames()), facts.kernelRelease())));
    }
    return Optional.empty();
  }

  private Optional<SelinuxLabels> selinux(ContainerIntent intent, PodView pod)
      throws CallFailure, IntentRejection {
    if (node.selinux().isEmpty()) {
      return Optional.empty();
    }
    SelinuxLabels labels =
        pod.context()
            .selinux()
            .orElseThrow(
                () ->
                    new CallFailure(
                        CallFailure.Kind.WRONG_STATE,
                        "pod sandbox " + pod.id() + " was made without SELinux; run a new one"));
    ContainerSecurityIntent security = intent.security();
    try {
      return Optional.of(
          node.selinux().get().container(labels, security.selinux(), security.privileged()));
    } catch (IOException e) {
      throw Refusals.of("label a container of pod sandbox " + pod.id(), e);
    }
  }

  private void requireUser(Identity identity, boolean ownUsers) throws IntentRejection {
    NodeRules.Root root = node.settings().rules().root();
    boolean allowed =
        identity.uid() != 0
            || root == NodeRules.Root.ALL
            || (root == NodeRules.Root.IN_USER_NAMESPACE && ownUsers);
    if (!allowed) {
      Problems problems = new Problems();
      problems.unenforceable(
          "linux.security_context.run_as_user",
          "the process would be root, which users.root forbids on this node",
          root == NodeRules.Root.NONE
              ? "set run_as_user"
              : "set run_as_user, or give the pod a user namespace of its own");
      problems.refuse("CreateContainer");
    }
  }

  private List<DeviceNode> devices(
      ContainerIntent intent, Optional<NamespaceIntent.UserNamespace> users, NamedDevices named)
      throws CallFailure, IntentRejection {
    List<DeviceNode> nodes = new ArrayList<>();
    for (DeviceNode device : HostDevices.asked(intent.devices())) {
      nodes.add(
          node.settings().rules().ownedDevices()
              ? owned(device, intent.security().user(), users.isPresent())
              : device);
    }
    named.addTo(nodes);
    if (intent.security().privileged() && node.settings().defaults().privilegedHostDevices()) {
      nodes.addAll(users.isPresent() ? HostDevices.within(users.get()) : HostDevices.all());
    }
    return nodes;
  }

  private static DeviceNode owned(DeviceNode device, UserIntent user, boolean ownUsers)
      throws IntentRejection {
    if (user.uid().isEmpty() && user.gid().isEmpty()) {
      return device;
    }
    if (ownUsers) {
      Problems problems = new Problems();
      problems.unenforceable(
          "devices",
          "cannot be given to run_as_user as devices.owner asks: a user namespace shows the host's"
              + " own nodes",
          "use the host's user namespace, or set devices.owner = \"host\"");
      problems.refuse("CreateContainer");
    }
    return device.ownedBy(user.uid().orElse(device.uid()), user.gid().orElse(device.gid()));
  }

  private Optional<Path> target(ContainerIntent intent, String podId) throws CallFailure {
    NamespaceIntent namespaces = intent.security().namespaces();
    if (namespaces.target().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(targets.namespace(namespaces.target().get(), podId));
  }
}
