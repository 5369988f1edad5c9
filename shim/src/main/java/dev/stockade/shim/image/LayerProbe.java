package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.launcher.linux.SyscallException;

/**
 * Finds out at the start, not with the first image, whether layers can be kept where the store is.
 */
final class LayerProbe {
  private LayerProbe() {}

  /**
   * Makes and deletes what every layer may need. A full disk tells nothing, and a daemon has to
   * start on one, because images are deleted through it.
   *
   * @param place a name in the store that is free
   */
  static void check(Directory store, String place) throws SyscallException, ImageException {
    try {
      store.makeDirectories(place, 0700);
      make(store, place);
    } catch (SyscallException e) {
      if (!NoRoom.isWhy(e)) {
        throw ImageException.refused(
            "image layers cannot be kept in "
                + store
                + ": "
                + e.getMessage()
                + "; choose a root on a file system such as ext4 or xfs, and run as root");
      }
    } finally {
      store.removeTree(place, StoreState.REMOVAL);
    }
  }

  private static void make(Directory store, String place) throws SyscallException {
    try (Entry directory = store.entry(place);
        Entry whiteout = store.entry(place + "/whiteout")) {
      directory.setAttribute(OverlayMark.OPAQUE_ATTRIBUTE, OverlayMark.opaque());
      whiteout.makeNode(FileKind.CHARACTER_DEVICE, 0, 0, 0);
    }
  }
}
