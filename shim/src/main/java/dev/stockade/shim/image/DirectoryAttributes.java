package dev.stockade.shim.image;

import dev.stockade.launcher.linux.FileStatus;
import java.time.Instant;

/** What a directory gets that a layer implies without an entry for it. */
record DirectoryAttributes(long uid, long gid, int mode, Instant modified) {
  static final DirectoryAttributes DEFAULT = new DirectoryAttributes(0, 0, 0755, Instant.EPOCH);

  static DirectoryAttributes of(FileStatus status) {
    return new DirectoryAttributes(
        status.uid(), status.gid(), status.permissions(), status.modified());
  }
}
