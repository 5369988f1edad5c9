package dev.stockade.shim.container;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.intent.ImageVolumeIntent;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.oci.ImageLayers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the images that a container asks to have mounted. */
final class ImageVolumes {
  /** The kubelet looks for this word at the start. */
  private static final String PREFIX = "ImageVolumeMountFailed: CreateContainer refused: ";

  private ImageVolumes() {}

  /** By the targets of the mounts. */
  static Map<String, ImageLayers> find(List<MountIntent> mounts, ImageStore images)
      throws CallFailure, ImageException {
    Map<String, ImageLayers> found = new HashMap<>();
    for (int i = 0; i < mounts.size(); i++) {
      Optional<ImageVolumeIntent> asked = mounts.get(i).image();
      if (asked.isPresent()) {
        String field = PREFIX + "mounts[" + i + "].";
        Image image = image(field, asked.get(), images);
        requireAdmitted(field, asked.get(), image, images);
        found.put(
            mounts.get(i).target(),
            new ImageLayers(image.id(), layers(field, asked.get(), image, images)));
      }
    }
    return found;
  }

  private static Image image(String field, ImageVolumeIntent asked, ImageStore images)
      throws CallFailure, ImageException {
    Optional<Image> image;
    try {
      image = images.find(asked.image());
    } catch (ImageException e) {
      throw e.of(field + "image.image", "write a reference or an id");
    }
    return image.orElseThrow(
        () ->
            new CallFailure(
                CallFailure.Kind.NOT_FOUND,
                field + "image.image: the image is not on this node; import or pull it first"));
  }

  private static void requireAdmitted(
      String field, ImageVolumeIntent asked, Image image, ImageStore images)
      throws CallFailure, ImageException {
    try {
      images.requireAdmitted(image, asked.imageName());
    } catch (ImageException e) {
      if (e.kind() != ImageException.Kind.UNTRUSTED) {
        throw e.of(field + "image.image");
      }
      throw new CallFailure(
          CallFailure.Kind.UNENFORCEABLE,
          field + "image.image: SignatureValidationFailed: " + e.getMessage(),
          e);
    }
  }

  private static List<java.nio.file.Path> layers(
      String field, ImageVolumeIntent asked, Image image, ImageStore images) throws ImageException {
    try {
      return images.volume(image, asked.subPath());
    } catch (ImageException e) {
      throw e.of(field + "image_sub_path", "name a directory that the image has");
    }
  }
}
