package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.shim.cli.manifest.PodRequest.ImageUser;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.util.Optional;
import java.util.function.Function;

/** Looks a container's image up before anything is made, and takes its user over where asked to. */
final class ImageUserLookup {
  /** How the message begins where the image is not on the node. */
  static final String NO_IMAGE = "no image";

  private ImageUserLookup() {}

  /**
   * The container with its user as far as it is known.
   *
   * @throws CommandFailure if the image is not on the node, or its user is root and must not be
   */
  static OneContainer resolve(Function<String, Optional<Image>> images, OneContainer container) {
    ContainerConfig config = container.config();
    String reference = config.getImage().getImage();
    Image image =
        images
            .apply(reference)
            .orElseThrow(
                () ->
                    CommandFailure.of(
                        NO_IMAGE
                            + " \""
                            + reference
                            + "\" on this node; bring it with"
                            + " \"stockade images import\""));
    if (container.imageUser() == ImageUser.LEAVE) {
      return container;
    }
    if (container.imageUser() == ImageUser.SEND_UNLESS_ROOT) {
      refuseRoot(container.name(), image);
    }
    return new OneContainer(withUser(config, image), ImageUser.LEAVE);
  }

  private static void refuseRoot(String container, Image image) {
    String what = "container " + container + " has runAsNonRoot, but its image's user is ";
    if (!image.getUsername().isEmpty()) {
      throw CommandFailure.of(
          what + "\"" + image.getUsername() + "\", which has no number; set runAsUser");
    }
    if (image.getUid().getValue() == 0) {
      throw CommandFailure.of(what + "root; set runAsUser");
    }
  }

  private static ContainerConfig withUser(ContainerConfig config, Image image) {
    ContainerConfig.Builder changed = config.toBuilder();
    LinuxContainerSecurityContext.Builder security =
        changed.getLinuxBuilder().getSecurityContextBuilder();
    if (image.hasUid()) {
      security.setRunAsUser(image.getUid());
    } else {
      security.setRunAsUsername(image.getUsername());
    }
    return changed.build();
  }
}
