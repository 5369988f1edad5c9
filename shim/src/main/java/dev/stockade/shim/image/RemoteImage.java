package dev.stockade.shim.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** An image that somebody else has; what it gives is hostile. */
public interface RemoteImage {
  /** What a name stands for. */
  final class Document {
    private final String mediaType;
    private final Digest digest;
    private final byte[] content;

    /** The content is not copied. */
    public Document(String mediaType, Digest digest, byte[] content) {
      this.mediaType = mediaType;
      this.digest = digest;
      this.content = content;
    }

    public String mediaType() {
      return mediaType;
    }

    public Digest digest() {
      return digest;
    }

    public byte[] content() {
      return content;
    }
  }

  /**
   * The index or manifest the image's reference leads to.
   *
   * @param accepted media types
   * @param limit of its bytes
   */
  Document root(List<String> accepted, int limit) throws IOException, InterruptedException;

  /**
   * The manifest that another tag of the same repository leads to, if it has the tag.
   *
   * @throws ImageException if what is given is not to be taken
   */
  Optional<Document> tagged(String tag, List<String> accepted, int limit)
      throws IOException, ImageException, InterruptedException;

  /** A manifest or index that another one names, verified. */
  byte[] manifest(Digest digest, List<String> accepted, int limit)
      throws IOException, InterruptedException;

  /**
   * A small blob, verified.
   *
   * @throws ImageException if what is given is not to be taken
   */
  byte[] document(Digest digest, int limit)
      throws IOException, ImageException, InterruptedException;

  /**
   * A large blob, of which whoever reads it compares size and digest; if it is not right and {@link
   * Mirrored}, another one may be.
   *
   * @param unwanted when true reading ends, soon and with an exception
   */
  InputStream blob(Digest digest, long size, BooleanSupplier unwanted);
}
