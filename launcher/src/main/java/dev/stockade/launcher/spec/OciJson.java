package dev.stockade.launcher.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** Reads and writes {@link OciSpec} as JSON, and writes {@link OciState}. */
public final class OciJson {
  /** The largest spec read, in bytes. */
  public static final int MAX_BYTES = 8 << 20;

  private static final int MAX_DEPTH = 32;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxDocumentLength(MAX_BYTES)
                .build());
  }

  private OciJson() {}

  /**
   * Reads a spec. A field that is not known is an error, because a constraint that is skipped is
   * one that is not enforced.
   *
   * @param json UTF-8, at most {@link #MAX_BYTES}
   * @throws IllegalArgumentException if it is no such spec; the message names the place and quotes
   *     no value
   */
  public static OciSpec read(byte[] json) {
    if (json.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "an OCI spec of " + json.length + " bytes is over " + MAX_BYTES);
    }
    try {
      return JSON.readValue(json, OciSpec.class);
    } catch (JsonMappingException e) {
      boolean unknown = e instanceof UnrecognizedPropertyException;
      throw new IllegalArgumentException(
          "not an OCI spec: "
              + place(e)
              + (unknown ? " is no field of it" : " is missing or of another type"));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          e.getLocation() == null
              ? "not an OCI spec: no JSON"
              : "not an OCI spec: no JSON in line " + e.getLocation().getLineNr());
    } catch (IOException e) {
      throw new IllegalArgumentException("not an OCI spec", e);
    }
  }

  /** Where it is, without a value: those of the environment are secrets. */
  private static String place(JsonMappingException e) {
    StringBuilder out = new StringBuilder();
    for (JsonMappingException.Reference reference : e.getPath()) {
      if (reference.getFieldName() == null) {
        out.append('[').append(reference.getIndex()).append(']');
      } else {
        out.append(out.isEmpty() ? "" : ".").append(reference.getFieldName());
      }
    }
    return out.isEmpty() ? "the whole" : out.toString();
  }

  /** The spec as JSON, environment values included: for storage with mode 0600, not for logs. */
  public static byte[] write(OciSpec spec) {
    return bytes(spec);
  }

  /** The state as JSON. */
  public static byte[] write(OciState state) {
    return bytes(state);
  }

  private static byte[] bytes(Object document) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record is always JSON", e);
    }
  }
}
