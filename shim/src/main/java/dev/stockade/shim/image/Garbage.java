package dev.stockade.shim.image;

import java.util.List;

/**
 * What nothing on this node needed.
 *
 * @param parts each of it
 */
public record Garbage(List<Part> parts) {

  /** What kind of thing it is. */
  public enum Kind {
    /** An image that no container uses; its layers and documents are parts of their own. */
    IMAGE,
    LAYER,
    /** A config or manifest. */
    DOCUMENT,
    /** What an import or a removal that failed has left. */
    UNFINISHED
  }

  /**
   * One thing.
   *
   * @param name reference, digest, or the name on disk
   * @param bytes of its files
   */
  public record Part(Kind kind, String name, long bytes) {}

  /** Bytes of all parts. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }
}
