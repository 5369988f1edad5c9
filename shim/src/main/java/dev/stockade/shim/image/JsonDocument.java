package dev.stockade.shim.image;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One hostile JSON object, read with bounds on depth, tokens and string lengths. A name that stands
 * twice, or twice but for its case, is refused, because readers differ on which one they take
 * (CVE-2021-41190 is of this kind).
 *
 * @param what how messages call the document
 */
public record JsonDocument(String what, JsonNode node) {
  private static final int LONGEST_STRING = 1 << 20;

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxTokenCount(200_000)
                          .maxStringLength(LONGEST_STRING)
                          .maxNameLength(4096)
                          .maxNumberLength(32)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The object that is all of the content. */
  public static JsonDocument parse(String what, byte[] content) throws ImageException {
    return object(what, parseAny(what, content));
  }

  /** Any value that is all of the content; in UTF-8, because other readers take nothing else. */
  public static JsonNode parseAny(String what, byte[] content) throws ImageException {
    try {
      JsonNode node = MAPPER.readTree(utf8(content));
      if (node == null || node.isMissingNode()) {
        throw ImageException.refused(what + " is empty");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw ImageException.refused(
          what + " is not acceptable JSON: " + Quoted.of(e.getOriginalMessage()));
    } catch (CharacterCodingException e) {
      throw ImageException.refused(what + " is not UTF-8");
    }
  }

  private static String utf8(byte[] content) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
  }

  static JsonDocument object(String what, JsonNode node) throws ImageException {
    if (!node.isObject()) {
      throw ImageException.refused(what + " is not a JSON object");
    }
    Map<String, String> seen = new HashMap<>();
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      String other = seen.put(name.toLowerCase(Locale.ROOT), name);
      if (other != null) {
        throw ImageException.refused(
            what + " is ambiguous: it has both " + Quoted.of(other) + " and " + Quoted.of(name));
      }
    }
    return new JsonDocument(what, node);
  }

  static byte[] bytes(JsonNode tree) {
    try {
      return MAPPER.writeValueAsBytes(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of strings and numbers is always JSON", e);
    }
  }

  /** Refuses an object that has other names than these, or not all of them. */
  public JsonDocument only(String... names) throws ImageException {
    for (String name : names) {
      if (node.get(name) == null) {
        throw wrong(name, "is missing");
      }
    }
    for (Iterator<String> found = node.fieldNames(); found.hasNext(); ) {
      String name = found.next();
      if (!List.of(names).contains(name)) {
        throw wrong(name, "is not known");
      }
    }
    return this;
  }

  boolean has(String name) {
    return value(name) != null;
  }

  /** Text that has to be there. */
  public String string(String name) throws ImageException {
    return optionalString(name).orElseThrow(() -> wrong(name, "is missing"));
  }

  /** Text that may be missing. */
  public Optional<String> optionalString(String name) throws ImageException {
    JsonNode value = value(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(text(name, value));
  }

  /** A whole number that has to be there. */
  public long number(String name) throws ImageException {
    JsonNode value = value(name);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(name, "is not a whole number");
    }
    return value.longValue();
  }

  /** A digest that has to be there. */
  public Digest digest(String name) throws ImageException {
    return Digest.parse(string(name));
  }

  Optional<Digest> optionalDigest(String name) throws ImageException {
    return has(name) ? Optional.of(digest(name)) : Optional.empty();
  }

  /** An object that has to be there. */
  public JsonDocument object(String name) throws ImageException {
    return optionalObject(name).orElseThrow(() -> wrong(name, "is missing"));
  }

  Optional<JsonDocument> optionalObject(String name) throws ImageException {
    JsonNode value = value(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(object(what + " at " + name, value));
  }

  /** The objects of an array; none if it is missing. */
  public List<JsonDocument> objects(String name, int most) throws ImageException {
    List<JsonDocument> objects = new ArrayList<>();
    for (JsonNode element : array(name, most)) {
      objects.add(object(what + " at " + name + "[" + objects.size() + "]", element));
    }
    return objects;
  }

  List<String> strings(String name, int most) throws ImageException {
    List<String> strings = new ArrayList<>();
    for (JsonNode element : array(name, most)) {
      strings.add(text(name + "[" + strings.size() + "]", element));
    }
    return strings;
  }

  List<Digest> digests(String name, int most) throws ImageException {
    List<Digest> digests = new ArrayList<>();
    for (String text : strings(name, most)) {
      digests.add(Digest.parse(text));
    }
    return digests;
  }

  /** The names of the fields of an object, as the config writes sets; here case is data. */
  List<String> keys(String name, int most) throws ImageException {
    JsonNode value = value(name);
    if (value == null) {
      return List.of();
    }
    if (!value.isObject()) {
      throw wrong(name, "is not an object");
    }
    if (value.size() > most) {
      throw wrong(name, "has " + value.size() + " fields; at most " + most + " are accepted");
    }
    List<String> keys = new ArrayList<>();
    value.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** The texts of an object by their names, in which case is data. */
  public Map<String, String> stringMap(String name, int most) throws ImageException {
    Map<String, String> map = new HashMap<>();
    for (String key : keys(name, most)) {
      JsonNode value = node.get(name).get(key);
      map.put(key, text(name + "." + key, value));
    }
    return map;
  }

  /** Something of this document that is wrong. */
  public ImageException wrong(String name, String why) {
    return ImageException.refused(what + ": " + Quoted.of(name) + " " + why);
  }

  private JsonNode array(String name, int most) throws ImageException {
    JsonNode value = value(name);
    if (value == null) {
      return MAPPER.createArrayNode();
    }
    if (!value.isArray()) {
      throw wrong(name, "is not an array");
    }
    if (value.size() > most) {
      throw wrong(name, "has " + value.size() + " elements; at most " + most + " are accepted");
    }
    return value;
  }

  private String text(String name, JsonNode value) throws ImageException {
    if (!value.isTextual()) {
      throw wrong(name, "is not a string");
    }
    String text = value.textValue();
    if (text.indexOf('\0') >= 0) {
      throw wrong(name, "contains a NUL");
    }
    return text;
  }

  private @Nullable JsonNode value(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }
}
