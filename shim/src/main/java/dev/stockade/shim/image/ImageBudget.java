package dev.stockade.shim.image;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the layers of one image may take of this node, all together and in whatever order they come.
 * It is taken before anything is written, because a registry decides how long the lowest layer is
 * waited for.
 */
final class ImageBudget {
  private final ImageLimits limits;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong inodes = new AtomicLong();

  ImageBudget(ImageLimits limits) {
    this.limits = limits;
  }

  /** What one attempt to bring a layer takes, which is for one thread. */
  final class Share {
    private long ownBytes;
    private long ownInodes;

    /** Bytes of the layer's tar, or of holes in its files. */
    void bytes(long more) throws IOException {
      ownBytes += more;
      if (bytes.addAndGet(more) > limits.imageBytes()) {
        throw new IOException(tooLarge());
      }
    }

    void inode() throws ImageException {
      inodes(1);
    }

    /** A layer that is on this node already. */
    void layer(UnpackedLayer known) throws ImageException {
      ownBytes += known.keptBytes();
      if (bytes.addAndGet(known.keptBytes()) > limits.imageBytes()) {
        throw ImageException.refused(tooLarge());
      }
      inodes(known.inodes());
    }

    private void inodes(long more) throws ImageException {
      ownInodes += more;
      if (inodes.addAndGet(more) > limits.imageInodes()) {
        throw ImageException.refused(
            "makes more than "
                + limits.imageInodes()
                + " files with the other layers of the image, "
                + ImageLimits.FULL_LAYERS
                + " times limits.layer_entries");
      }
    }

    /** The layer is not wanted after all, and nothing of it is left. */
    void giveBack() {
      bytes.addAndGet(-ownBytes);
      inodes.addAndGet(-ownInodes);
      ownBytes = 0;
      ownInodes = 0;
    }

    private String tooLarge() {
      return "makes the image larger than "
          + limits.imageBytes()
          + " bytes uncompressed (limits.image_bytes)";
    }
  }
}
