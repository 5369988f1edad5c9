package dev.stockade.shim.image;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** Reads an image config with bounds. Source: OCI image-spec, config.md. */
final class ImageConfigReader {
  private static final int MOST_ENTRIES = 4096;
  private static final int LONGEST_ENTRY = 128 << 10;

  private ImageConfigReader() {}

  static ImageConfig read(Digest id, byte[] content, int mostLayers) throws ImageException {
    JsonDocument document = JsonDocument.parse("image config " + id, content);
    if (document.has("layers") || document.has("manifests")) {
      throw ImageException.refused(
          document.what() + " is ambiguous: it has the shape of a manifest too");
    }
    JsonDocument rootfs = document.object("rootfs");
    if (!rootfs.string("type").equals("layers")) {
      throw rootfs.wrong("type", "is not \"layers\"");
    }
    JsonDocument config =
        document
            .optionalObject("config")
            .orElse(
                new JsonDocument(
                    document.what() + " at config", JsonDocument.MAPPER.createObjectNode()));
    return new ImageConfig(
        document.string("architecture"),
        document.string("os"),
        document.optionalString("variant"),
        config.optionalString("User").filter(user -> !user.isEmpty()),
        environment(config),
        bounded(config, "Entrypoint"),
        bounded(config, "Cmd"),
        config.optionalString("WorkingDir").filter(directory -> !directory.isEmpty()),
        config.stringMap("Labels", MOST_ENTRIES),
        config.optionalString("StopSignal").filter(signal -> !signal.isEmpty()),
        new HashSet<>(config.keys("ExposedPorts", MOST_ENTRIES)),
        new HashSet<>(config.keys("Volumes", MOST_ENTRIES)),
        rootfs.digests("diff_ids", mostLayers));
  }

  private static List<String> environment(JsonDocument config) throws ImageException {
    List<String> entries = bounded(config, "Env");
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).indexOf('=') < 1) {
        throw config.wrong("Env[" + i + "]", "is not NAME=value");
      }
    }
    return entries;
  }

  /**
   * execve(2) takes no single string over 128 KiB (MAX_ARG_STRLEN), so a longer one could never
   * run.
   */
  private static List<String> bounded(JsonDocument config, String name) throws ImageException {
    List<String> entries = config.strings(name, MOST_ENTRIES);
    Optional<String> tooLong =
        entries.stream().filter(e -> e.length() >= LONGEST_ENTRY).findFirst();
    if (tooLong.isPresent()) {
      throw config.wrong(name, "has an entry of 128 KiB or more, which execve(2) refuses");
    }
    return entries;
  }
}
