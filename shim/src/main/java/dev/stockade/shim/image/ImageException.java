package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.call.Room;
import java.io.Serial;
import java.util.Set;

/**
 * Why an image operation was refused or failed; the message names the image, the part and what to
 * do.
 */
public final class ImageException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private static final Set<String> SET_ATTRIBUTE = Set.of("setxattr", "lsetxattr");

  private final Kind kind;

  ImageException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  ImageException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What went wrong, as a caller over an API must tell it. */
  public enum Kind {
    /** The text given is no image reference or digest, or no user of the image: InvalidArgument. */
    MALFORMED,
    /** No such image or no such file: NotFound. */
    NOT_FOUND,
    /**
     * The content is hostile, ambiguous, over a limit, or of a kind not supported:
     * FailedPrecondition.
     */
    REFUSED,
    /** The signature policy refuses it: Unknown, with the word the kubelet looks for in front. */
    UNTRUSTED,
    /** The daemon may not read it: PermissionDenied. */
    DENIED,
    /** It could not be had from its registry; the cause says why: Unavailable. */
    TRANSFER,
    /** The disk, its inodes or a quota are used up: ResourceExhausted. */
    FULL,
    /** The disk or the kernel failed: Internal. */
    STORAGE
  }

  /** The kind of failure. */
  public Kind kind() {
    return kind;
  }

  /** The same failure, told to be of a part of something larger. */
  ImageException in(String part) {
    return new ImageException(kind, part + ": " + getMessage(), this);
  }

  /** The same failure with the field of the request that names the image, if it is to blame. */
  public ImageException ofName(String field) {
    return kind == Kind.MALFORMED
        ? of(field, "write a reference such as docker.io/library/busybox:1.36, or an id")
        : this;
  }

  /** The same failure with the field of the request that it is about. */
  public ImageException of(String field) {
    return in(field);
  }

  /** The same failure in the words of a request: which field, and what to do. */
  public ImageException of(String field, String remedy) {
    return new ImageException(kind, field + ": " + getMessage() + "; " + remedy, this);
  }

  static ImageException malformed(String message) {
    return new ImageException(Kind.MALFORMED, message);
  }

  /** There is no such thing on this node. */
  public static ImageException notFound(String message) {
    return new ImageException(Kind.NOT_FOUND, message);
  }

  /** Content, or a file of the node, that is not acceptable. */
  public static ImageException refused(String message) {
    return new ImageException(Kind.REFUSED, message);
  }

  /** What the signature policy refuses. */
  public static ImageException untrusted(String message) {
    return new ImageException(Kind.UNTRUSTED, message);
  }

  /** What was to be had of a registry could not be had. */
  public static ImageException transfer(String message, Throwable cause) {
    return new ImageException(Kind.TRANSFER, message + ": " + cause.getMessage(), cause);
  }

  /** Reading a source failed: root is denied only by a security module, or by a file server. */
  static ImageException unreadable(String message, SyscallException cause) {
    return cause.is(Errno.EACCES)
        ? new ImageException(Kind.DENIED, message + ": " + cause.getMessage(), cause)
        : storage(message, cause);
  }

  /** Writing an entry failed: the kernel does not take what it asks for, or the disk failed. */
  static ImageException ofEntry(String entry, SyscallException cause) {
    return switch (cause.errno()) {
      case EINVAL, ENAMETOOLONG, ERANGE, E2BIG, EMLINK, EXDEV, ELOOP, ENOTDIR ->
          new ImageException(Kind.REFUSED, entry + ": " + cause.getMessage(), cause);
      default -> ofDirectory(entry, cause);
    };
  }

  /**
   * A directory of the node's own could not be made: the disk failed, or its file system does not
   * take the attributes. A full disk and attributes too large for ext4 have the same errno,
   * setxattr(2).
   */
  static ImageException ofDirectory(String directory, SyscallException cause) {
    boolean attributes = cause.is(Errno.ENOSPC) && SET_ATTRIBUTE.contains(cause.call());
    return storage(
        attributes
            ? directory + " (its file system may also keep less than these attributes for one file)"
            : directory,
        cause);
  }

  /** The disk or the kernel failed; where there is no room, what to do is said too. */
  static ImageException storage(String message, Throwable cause) {
    String text = message + ": " + cause.getMessage();
    return NoRoom.isWhy(cause)
        ? new ImageException(Kind.FULL, text + "; " + Room.REMEDY, cause)
        : new ImageException(Kind.STORAGE, text, cause);
  }
}
