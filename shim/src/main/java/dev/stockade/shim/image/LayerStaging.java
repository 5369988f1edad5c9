package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * One layer on its way: unpacked and verified in a staging directory, with the facts about it
 * beside.
 */
final class LayerStaging {
  private final Directory store;
  private final String place;
  private final ImageLimits limits;

  /**
   * @param place a directory to be made, relative to the store
   */
  LayerStaging(Directory store, String place, ImageLimits limits) {
    this.store = store;
    this.place = place;
    this.limits = limits;
  }

  /**
   * Unpacks and verifies; refusals name the layer and the entry.
   *
   * @param below trees of the layers below, topmost first, relative to the store
   */
  UnpackedLayer unpack(
      ImageSource source, FoundLayer found, Digest diffId, Digest chainId, List<String> below)
      throws ImageException {
    try {
      store.makeDirectories(place, 0700);
      UnpackedLayer layer;
      try (InputStream stored = source.open(found.file());
          LayerContent content = new LayerContent(stored, found, diffId, limits)) {
        layer = write(new TarStream(content), chainId, new LowerLayers(store, below));
        content.finish();
      }
      store.writeAtomically(place + "/" + StoreLayout.FACTS, layer.toJson(), 0600);
      return layer;
    } catch (ImageException e) {
      throw e.in("layer " + diffId);
    } catch (TransferException e) {
      throw ImageException.transfer("layer " + diffId, e);
    } catch (SyscallException e) {
      throw ImageException.storage("unpack layer " + diffId, e);
    } catch (IOException e) {
      throw ImageException.refused("layer " + diffId + ": " + e.getMessage());
    }
  }

  private UnpackedLayer write(TarStream tar, Digest chainId, LowerLayers below)
      throws IOException, ImageException {
    try (Entry root = store.entry(place + "/" + StoreLayout.CONTENT)) {
      DirectoryAttributes shown = below.attributes(new EntryPath(""));
      root.makeDirectory(0700);
      root.owner(shown.uid(), shown.gid());
      root.mode(shown.mode());
      try (Directory content = store.directory(place + "/" + StoreLayout.CONTENT)) {
        return new LayerUnpacker(tar, content, root, below, limits).unpack(chainId);
      }
    }
  }
}
