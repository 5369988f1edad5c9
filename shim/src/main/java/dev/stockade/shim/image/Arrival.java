package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How an image came to this node, for judging it again later.
 *
 * @param file where it was imported from; empty for one that was ever pulled
 * @param signatures that the policy accepted when it was pulled, the latest first
 */
public record Arrival(Optional<ImageFile> file, List<ImageSignature> signatures) {
  private static final int MOST_SIGNATURES = 32;

  /**
   * A source on this node, named as containers-policy.json(5) does.
   *
   * @param transport {@code oci}, {@code oci-archive} or {@code docker-archive}
   * @param path absolute
   */
  public record ImageFile(String transport, String path) {}

  /** Copies as much of the list as a record has room for. */
  public Arrival {
    signatures = signatures.stream().limit(MOST_SIGNATURES).toList();
  }

  static Arrival pulled(List<ImageSignature> signatures) {
    return new Arrival(Optional.empty(), signatures);
  }

  static Arrival imported(ImageFile file) {
    return new Arrival(Optional.of(file), List.of());
  }

  /** That of an image that was here before and came again. */
  Arrival after(Arrival earlier) {
    Set<ImageSignature> all = new LinkedHashSet<>(signatures);
    all.addAll(earlier.signatures);
    return new Arrival(earlier.file.isPresent() ? file : Optional.empty(), List.copyOf(all));
  }

  void write(ObjectNode record) {
    if (file.isPresent()) {
      ObjectNode source = record.putObject("file");
      source.put("transport", file.get().transport());
      source.put("path", file.get().path());
    }
    ArrayNode list = record.putArray("signatures");
    for (ImageSignature each : signatures) {
      ObjectNode node = list.addObject();
      node.put("manifest", each.manifest().toString());
      node.put("payload", each.payload());
      node.put("signature", each.signature());
    }
  }

  /** Of a record; one of an earlier release has neither. */
  static Arrival read(JsonDocument record) throws ImageException {
    Optional<JsonDocument> source = record.optionalObject("file");
    Optional<ImageFile> file = Optional.empty();
    if (source.isPresent()) {
      file =
          Optional.of(new ImageFile(source.get().string("transport"), source.get().string("path")));
    }
    List<ImageSignature> signatures = new ArrayList<>();
    for (JsonDocument each : record.objects("signatures", MOST_SIGNATURES)) {
      signatures.add(
          new ImageSignature(
              each.digest("manifest"), each.string("payload"), each.string("signature")));
    }
    return new Arrival(file, signatures);
  }
}
