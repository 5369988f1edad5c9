package dev.stockade.shim.image;

import java.util.List;
import java.util.SortedSet;

/**
 * Decides which images may come to this node and which may be used. What is refused is {@link
 * ImageException.Kind#UNTRUSTED}.
 */
public interface Admission {
  /** Every image, whoever made it. */
  Admission OF_EVERYTHING =
      new Admission() {
        @Override
        public List<ImageSignature> pulled(
            ImageReference name, Digest manifest, RemoteImage remote) {
          return List.of();
        }

        @Override
        public void imported(SortedSet<ImageReference> names, Arrival.ImageFile file) {}

        @Override
        public void used(Image image, String asked) {}
      };

  /**
   * Before anything of an image but its index is read.
   *
   * @param name it was asked for by
   * @param manifest of this platform
   * @return the signatures it is accepted for, to be kept with it
   */
  List<ImageSignature> pulled(ImageReference name, Digest manifest, RemoteImage remote)
      throws ImageException, InterruptedException;

  /** Before a layer of an image of a file is read. */
  void imported(SortedSet<ImageReference> names, Arrival.ImageFile file) throws ImageException;

  /**
   * Before a container is made of an image of this node, or has it mounted.
   *
   * @param asked how the user named it: a reference, or an id
   */
  void used(Image image, String asked) throws ImageException;
}
