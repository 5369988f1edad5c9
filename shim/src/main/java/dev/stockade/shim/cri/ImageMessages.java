package dev.stockade.shim.cri;

import dev.stockade.cri.v1.FilesystemIdentifier;
import dev.stockade.cri.v1.FilesystemUsage;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.UInt64Value;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageFsUsage;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.UserSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Images in the words of the protocol. */
public final class ImageMessages {
  private ImageMessages() {}

  /**
   * One image.
   *
   * @param pinned whether no garbage collection may take it
   */
  public static dev.stockade.cri.v1.Image item(Image image, boolean pinned) {
    dev.stockade.cri.v1.Image.Builder item =
        dev.stockade.cri.v1.Image.newBuilder()
            .setId(image.id().toString())
            .addAllRepoTags(image.tags().stream().map(ImageReference::toString).toList())
            .addAllRepoDigests(image.digests().stream().map(ImageReference::toString).toList())
            // Zero would mean that the size is not known.
            .setSize(Math.max(image.bytes(), 1))
            .setSpec(
                dev.stockade.cri.v1.ImageSpec.newBuilder()
                    .setImage(image.id().toString())
                    .putAllAnnotations(image.annotations()))
            .setPinned(pinned);
    user(item, image.config().user().orElse(""));
    return item.build();
  }

  /** The kubelet checks runAsNonRoot with it: a number if the image gives one, else the name. */
  private static void user(dev.stockade.cri.v1.Image.Builder item, String text) {
    if (text.isEmpty()) {
      item.setUid(Int64Value.newBuilder());
      return;
    }
    try {
      UserSpec.Part user = UserSpec.parse(text).user();
      if (user instanceof UserSpec.Id id) {
        item.setUid(Int64Value.newBuilder().setValue(id.value()));
      } else {
        item.setUsername(user.toString());
      }
    } catch (ImageException e) {
      // A user that cannot be read must not pass for root or for anybody else.
      item.setUsername("invalid");
    }
  }

  static FilesystemUsage usage(ImageFsUsage usage) {
    return FilesystemUsage.newBuilder()
        .setTimestamp(ChronoUnit.NANOS.between(Instant.EPOCH, usage.at()))
        .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(usage.directory().toString()))
        .setUsedBytes(UInt64Value.newBuilder().setValue(usage.bytes()))
        .setInodesUsed(UInt64Value.newBuilder().setValue(usage.inodes()))
        .build();
  }
}
