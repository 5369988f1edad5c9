package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads the user database of an image as its containers will see it. */
final class UserFiles {
  private UserFiles() {}

  /**
   * Reads both files; one that is not there is empty.
   *
   * @param lower layers, topmost first
   */
  static UserDatabase read(List<Path> lower) throws ImageException {
    try (Directory root = ImageView.open(lower)) {
      return UserDatabase.parse(file(root, "etc/passwd"), file(root, "etc/group"));
    } catch (SyscallException e) {
      throw ImageException.storage("look into the image's layers", e);
    }
  }

  private static byte[] file(Directory root, String path) throws ImageException {
    try {
      return root.readIfPresent(path, UserDatabase.LARGEST_FILE).orElse(new byte[0]);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOTDIR)) {
        return new byte[0];
      }
      if (e.is(Errno.EINVAL) || e.is(Errno.EFBIG) || e.is(Errno.ELOOP)) {
        throw ImageException.refused(
            "the image's /" + path + " cannot be the user database: " + e.getMessage());
      }
      throw ImageException.storage("read the image's /" + path, e);
    } catch (IOException e) {
      throw ImageException.storage("read the image's /" + path, e);
    }
  }
}
