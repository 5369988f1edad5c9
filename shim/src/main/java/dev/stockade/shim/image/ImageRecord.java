package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The JSON form of an {@link Image} on disk; the config itself stays in its blob.
 *
 * @param serial higher than that of every record the store wrote before; 0 in those of before there
 *     were serials
 */
record ImageRecord(long serial, Image image) {
  private static final int VERSION = 1;
  private static final String SERIAL = "serial";
  private static final int MOST_NAMES = 10_000;
  private static final int MOST_LAYERS = 500;

  byte[] write() {
    ObjectNode node = JsonDocument.MAPPER.createObjectNode();
    node.put("version", VERSION);
    node.put(SERIAL, serial);
    node.put("id", image.id().toString());
    image.manifest().ifPresent(digest -> node.put("manifest", digest.toString()));
    putAll(node.putArray("tags"), image.tags());
    putAll(node.putArray("digests"), image.digests());
    node.put("bytes", image.bytes());
    node.put("imported", image.imported().toString());
    putAll(node.putArray("chainIds"), image.chainIds());
    ObjectNode annotations = node.putObject("annotations");
    image.annotations().forEach(annotations::put);
    image.arrival().write(node);
    return JsonDocument.bytes(node);
  }

  /** Reads a record; {@code config} gives the config by image id. */
  static ImageRecord read(String what, byte[] content, ConfigSource config) throws ImageException {
    JsonDocument record = JsonDocument.parse(what, content);
    if (record.number("version") != VERSION) {
      throw record.wrong("version", "is not " + VERSION + ", written by another release");
    }
    Digest id = record.digest("id");
    Image image =
        new Image(
            id,
            record.optionalDigest("manifest"),
            references(record, "tags"),
            references(record, "digests"),
            record.number("bytes"),
            instant(record, "imported"),
            config.read(id),
            record.digests("chainIds", MOST_LAYERS),
            record.stringMap("annotations", MOST_NAMES),
            Arrival.read(record));
    return new ImageRecord(record.has(SERIAL) ? record.number(SERIAL) : 0, image);
  }

  /** Where a config comes from. */
  interface ConfigSource {
    ImageConfig read(Digest id) throws ImageException;
  }

  private static void putAll(ArrayNode array, Collection<?> values) {
    values.forEach(value -> array.add(value.toString()));
  }

  private static SortedSet<ImageReference> references(JsonDocument record, String name)
      throws ImageException {
    SortedSet<ImageReference> references = new TreeSet<>();
    for (String text : record.strings(name, MOST_NAMES)) {
      references.add(ImageReference.parse(text));
    }
    return references;
  }

  private static Instant instant(JsonDocument record, String name) throws ImageException {
    try {
      return Instant.parse(record.string(name));
    } catch (DateTimeException e) {
      throw record.wrong(name, "is not a time");
    }
  }
}
