package dev.stockade.shim.image;

import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The layers of an image that somebody else has, by the names a layout would have them under. */
final class RemoteSource implements ImageSource {
  private final RemoteImage remote;
  private final String registry;
  private final Map<EntryPath, FoundLayer> layers = new HashMap<>();
  private volatile boolean stopped;

  RemoteSource(RemoteImage remote, String registry, List<FoundLayer> layers) {
    this.remote = remote;
    this.registry = registry;
    layers.forEach(layer -> this.layers.put(layer.file(), layer));
  }

  @Override
  public Optional<Long> size(EntryPath name) {
    return Optional.ofNullable(layers.get(name)).flatMap(FoundLayer::size);
  }

  @Override
  public InputStream open(EntryPath name) throws ImageException {
    FoundLayer layer = layers.get(name);
    if (layer == null || layer.blob().isEmpty() || layer.size().isEmpty()) {
      throw ImageException.refused(describe() + " has no layer " + name);
    }
    return remote.blob(layer.blob().get(), layer.size().get(), () -> stopped);
  }

  @Override
  public String describe() {
    return remote.toString();
  }

  @Override
  public String origin() {
    return registry;
  }

  @Override
  public void stop() {
    stopped = true;
  }

  @Override
  public void close() {}
}
