package dev.stockade.shim.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reading of one document, YAML or JSON, into a tree. */
public final class TextDocument {
  /** What a cluster would take; etcd refuses more than 1.5 MiB. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int MAX_DEPTH = 64;

  private TextDocument() {}

  /** The tree; JSON is what begins with a brace. */
  public static JsonNode parse(byte[] content) throws DocumentException {
    String text = decode(content);
    boolean json = text.stripLeading().startsWith("{");
    JsonFactory factory = json ? jsonFactory() : YamlFactory.create(MAX_BYTES, MAX_DEPTH);
    ObjectMapper mapper = mapper(factory);
    try {
      rejectReferences(factory, text);
      try (JsonParser parser = factory.createParser(text)) {
        JsonNode node = mapper.readTree(parser);
        if (node == null || node.isMissingNode()) {
          throw rejection("is empty");
        }
        if (parser.nextToken() != null) {
          throw rejection("holds more than one document");
        }
        return node;
      }
    } catch (JsonProcessingException e) {
      throw rejection(place(e) + e.getOriginalMessage().lines().findFirst().orElse(""));
    } catch (IOException e) {
      throw rejection("cannot be parsed: " + e.getMessage());
    }
  }

  private static String decode(byte[] content) throws DocumentException {
    if (content.length > MAX_BYTES) {
      throw rejection("is larger than " + MAX_BYTES + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw rejection("is not UTF-8");
    }
  }

  private static JsonFactory jsonFactory() {
    return new JsonFactoryBuilder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
        .build();
  }

  private static ObjectMapper mapper(JsonFactory factory) {
    return new ObjectMapper(factory)
        .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  }

  /**
   * Refuses aliases and tags. An alias would come out as the anchor's name and not as what it
   * stands for; a tag asks for a type of its own, and nothing here has one.
   */
  private static void rejectReferences(JsonFactory factory, String text)
      throws IOException, DocumentException {
    try (JsonParser parser = factory.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (YamlFactory.isReference(parser)) {
          int line = parser.currentTokenLocation().getLineNr();
          throw rejection("line " + line + ": aliases and tags are not supported");
        }
      }
    }
  }

  private static String place(JsonProcessingException e) {
    return e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
  }

  private static DocumentException rejection(String text) {
    return new DocumentException(text);
  }
}
