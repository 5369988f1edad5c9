package dev.stockade.shim.signature;

import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.util.Optional;

/**
 * The image that a signature says it is of.
 *
 * @param repository with its registry
 * @param exact empty for one that names a repository alone, as cosign does
 */
record SignedName(String repository, Optional<ImageReference> exact) {
  static SignedName parse(String text) throws ImageException {
    ImageReference reference = ImageReference.parse(text);
    boolean whole = text.indexOf('@') >= 0 || text.lastIndexOf(':') > text.lastIndexOf('/');
    return new SignedName(reference.name(), whole ? Optional.of(reference) : Optional.empty());
  }

  boolean isExactly(ImageReference other) {
    return exact.filter(other::equals).isPresent();
  }

  @Override
  public String toString() {
    return exact.map(ImageReference::toString).orElse(repository);
  }
}
