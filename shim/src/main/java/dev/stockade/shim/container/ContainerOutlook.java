package dev.stockade.shim.container;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.image.ContainerRootFs;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerIntentReader;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.node.NodeView;
import dev.stockade.shim.oci.ContainerMaterials;
import dev.stockade.shim.oci.OciSpecBuilder;
import dev.stockade.shim.pod.PodView;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What becomes of a request for a container, before anything is made of it: its image, its OCI spec
 * and what is left out. Everything that does not depend on other containers is refused here.
 */
public final class ContainerOutlook {
  private final NodeView node;
  private final PidTarget.Finder targets;
  private final OciSpecBuilder specs;

  /**
   * What was decided.
   *
   * @param intent with what the devices it names add to it
   * @param devices what gave what it has by devices it names
   * @param spec before the sources of its mounts are resolved
   * @param unenforced limits the configuration allows to be left out, by field, with what was asked
   * @param seccomp the profile of the node it asks for, if it does
   */
  public record Decision(
      ContainerIntent intent,
      DeviceOrigins devices,
      Image image,
      OciSpec spec,
      Map<String, String> unenforced,
      Optional<SeccompFile.Read> seccomp) {}

  ContainerOutlook(NodeView node, PidTarget.Finder targets) {
    this.node = node;
    this.targets = targets;
    this.specs =
        new OciSpecBuilder(node.settings().defaults(), node.facts(), node.rootMountPoint());
  }

  /** For a node without containers. */
  public ContainerOutlook(NodeView node) {
    this(node, PidTarget.NOBODY);
  }

  /** The request, sound in itself, in its pod and on this node. */
  ContainerIntent read(ContainerConfig config, PodIntent pod) throws IntentRejection, CallFailure {
    ContainerIntent intent = ContainerIntentReader.read(config, pod);
    ContainerFit.check(intent, node);
    HostSources.check(
        intent.mounts(), i -> "mounts[" + i + "]", intent.security().privileged(), node);
    return intent;
  }

  /** What it comes to, of a request that was {@link #read}. */
  Decision decide(String id, ContainerIntent asked, PodView pod)
      throws CallFailure, ImageException, IntentRejection {
    Image image = image(asked.image());
    requireAdmitted(image, asked);
    NamedDevices devices =
        NamedDevices.of(asked, pod.intent().namespaces().user().isPresent(), node);
    ContainerIntent intent = devices.into(asked);
    Map<String, String> unenforced =
        ResourceReport.unenforced(intent.resources(), node.facts().cgroupControllers());
    Materials materials = new Materials(node, targets);
    Optional<SeccompFile.Read> seccomp =
        materials.seccomp(intent, pod.id(), specs.granted(intent.security()));
    ContainerMaterials made = materials.read(intent, pod, image, seccomp, devices);
    OciSpec spec =
        devices.into(
            specs.build(
                id,
                intent,
                ResourceReport.enforceable(intent.resources(), node),
                pod.contextFor(made.selinux()),
                made));
    if (spec.process() != null && spec.process().args().isEmpty()) {
      throw new CallFailure(
          Kind.INVALID,
          "CreateContainer refused: command: neither the request nor the image names a program; set"
              + " command");
    }
    if (ContainerLabels.ofVolumes(node.selinux(), spec).isPresent()) {
      VolumeLabels.check(intent.mounts(), node.paths());
    }
    return new Decision(intent, devices.origins(), image, spec, unenforced, seccomp);
  }

  /** Both at once. */
  public Decision of(String id, ContainerConfig config, PodView pod)
      throws CallFailure, ImageException, IntentRejection {
    return decide(id, read(config, pod.intent()), pod);
  }

  /** Volumes that are to show other ids can; tried once their sources are there. */
  public void requireMappable(ContainerIntent intent) throws IntentRejection, CallFailure {
    MappedVolumes.check(intent.mounts(), node);
  }

  /** The launch that would carry it out. */
  public LaunchRequest request(String id, Decision decision) throws CallFailure, ImageException {
    Path home = node.paths().containerRecords().resolve(id);
    ContainerIntent intent = decision.intent();
    return new ContainerLaunch(node)
        .request(
            id,
            decision.spec(),
            new ContainerRootFs(
                node.images().layers(decision.image()),
                home.resolve("upper"),
                home.resolve("work")),
            intent.stdin(),
            intent.logPath().isPresent(),
            intent.security().privileged());
  }

  private void requireAdmitted(Image image, ContainerIntent intent) throws ImageException {
    try {
      node.images().requireAdmitted(image, intent.imageName());
    } catch (ImageException e) {
      throw e.of("CreateContainer refused: image.image");
    }
  }

  private Image image(String text) throws CallFailure, ImageException {
    try {
      return node.images()
          .find(text)
          .orElseThrow(
              () ->
                  new CallFailure(
                      Kind.NOT_FOUND,
                      "CreateContainer refused: image.image: the image is not on this node; import"
                          + " or pull it first"));
    } catch (ImageException e) {
      throw e.ofName("CreateContainer refused: image.image");
    }
  }
}
