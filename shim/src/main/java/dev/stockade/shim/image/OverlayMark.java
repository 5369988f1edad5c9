package dev.stockade.shim.image;

import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import java.nio.charset.StandardCharsets;

/**
 * How overlayfs marks what a layer hides, and how image layers do. Sources: the kernel's
 * Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"; OCI image-spec,
 * layer.md, "Whiteouts".
 */
final class OverlayMark {
  /** Prefix of a file in an image layer that hides the name after it. */
  static final String WHITEOUT_PREFIX = ".wh.";

  /** A file in an image layer that makes its directory hide all below. */
  static final String OPAQUE_FILE = ".wh..wh..opq";

  /** Prefix of other files of the old union file system, which mean nothing here. */
  static final String HOUSEKEEPING_PREFIX = ".wh..wh.";

  static final String OPAQUE_ATTRIBUTE = "trusted.overlay.opaque";

  private OverlayMark() {}

  static byte[] opaque() {
    return "y".getBytes(StandardCharsets.US_ASCII);
  }

  /** Whether the inode is a whiteout: a character device 0:0. */
  static boolean isWhiteout(FileStatus status) {
    return status.kind() == FileKind.CHARACTER_DEVICE
        && status.specialMajor() == 0
        && status.specialMinor() == 0;
  }
}
