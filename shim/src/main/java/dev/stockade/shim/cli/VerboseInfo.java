package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the daemon tells of a pod or container when asked for details: texts, of JSON or not, under
 * names.
 */
record VerboseInfo(Map<String, String> entries) {
  /** The OCI runtime spec: part of the object that other runtimes give too. */
  static final String SPEC = "runtimeSpec";

  private static final String KNOWN = "info";

  /** The launch plan as text. */
  static final String PLAN = "plan";

  /** The receipt as data. */
  static final String RECEIPT = "receipt";

  /** The receipt as a table. */
  static final String RECEIPT_TABLE = "receiptTable";

  private static final JsonFactory FACTORY = new JsonFactory();

  /** An entry as text: a JSON string is unwrapped, anything else is indented. */
  Optional<String> text(String key) {
    if (key.equals(SPEC)) {
      return spec();
    }
    return Optional.ofNullable(entries.get(key))
        .map(value -> unwrapped(value).orElseGet(() -> JsonText.of(json -> copy(json, value))));
  }

  private Optional<String> spec() {
    try (JsonParser parser = FACTORY.createParser(entries.getOrDefault(KNOWN, ""))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        if (name.equals(SPEC)) {
          return Optional.of(JsonText.of(json -> json.copyCurrentStructure(parser)));
        }
        parser.skipChildren();
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Writes all entries as the fields of an object. */
  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (Map.Entry<String, String> entry : new TreeMap<>(entries).entrySet()) {
      json.writeFieldName(entry.getKey());
      copy(json, entry.getValue());
    }
    json.writeEndObject();
  }

  /** Writes one entry as a value; null if there is none. */
  void writeEntry(JsonGenerator json, String key) throws IOException {
    copy(json, entries.getOrDefault(key, "null"));
  }

  /** Text that is no JSON, which CRI does not forbid, becomes a string. */
  private static void copy(JsonGenerator json, String value) throws IOException {
    if (!isJson(value)) {
      json.writeString(value);
      return;
    }
    try (JsonParser parser = FACTORY.createParser(value)) {
      parser.nextToken();
      json.copyCurrentStructure(parser);
    }
  }

  private static boolean isJson(String value) {
    try (JsonParser parser = FACTORY.createParser(value)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static Optional<String> unwrapped(String value) {
    if (!isJson(value)) {
      return Optional.of(value);
    }
    try (JsonParser parser = FACTORY.createParser(value)) {
      return parser.nextToken() == JsonToken.VALUE_STRING
          ? Optional.of(parser.getText())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.of(value);
    }
  }
}
