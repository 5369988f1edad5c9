package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One layer on its way: unpacked and verified in a staging directory, with the facts about it
 * beside.
 */
final class LayerStaging {
  private final Directory store;
  private final String place;
  private final ImageLimits limits;
  private final ImageBudget.Share share;

  /**
   * @param place a directory to be made, relative to the store
   * @param share what the layer takes of its image's budget
   */
  LayerStaging(Directory store, String place, ImageLimits limits, ImageBudget.Share share) {
    this.store = store;
    this.place = place;
    this.limits = limits;
    this.share = share;
  }

  /**
   * Unpacks and verifies; refusals name the layer and the entry.
   *
   * @param arrives hears of the bytes as they are read
   * @param implied takes the directories without an entry
   */
  UnpackedLayer unpack(
      ImageSource source,
      UnaryOperator<InputStream> arrives,
      FoundLayer found,
      Digest diffId,
      Digest chainId,
      ImpliedDirectories implied)
      throws ImageException {
    try {
      store.makeDirectories(place, 0700);
      UnpackedLayer layer;
      try (InputStream stored = arrives.apply(source.open(found.file()));
          LayerContent content = new LayerContent(stored, found, diffId, limits, share)) {
        layer = write(content, chainId, implied);
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

  private UnpackedLayer write(InputStream stored, Digest chainId, ImpliedDirectories implied)
      throws IOException, ImageException {
    String tree = place + "/" + StoreLayout.CONTENT;
    store.makeDirectories(tree, 0755);
    try (Directory content = store.directory(tree);
        LayerSkeleton skeleton = new LayerSkeleton(store, place);
        DirectoryTimes times = new DirectoryTimes(store, place)) {
      TarStream tar = new TarStream(stored, Optional.of(skeleton));
      UnpackedLayer layer;
      try (LayerUnpacker unpacker =
          new LayerUnpacker(tar, content, implied, times, limits, share)) {
        layer = unpacker.unpack(chainId);
      }
      tar.drain();
      return layer.withSkeleton(skeleton.finish());
    }
  }
}
