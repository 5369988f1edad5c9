package dev.stockade.shim.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads messages in the JSON form of protocol buffers, as people write them for {@code crictl}:
 * names in snake_case or lowerCamelCase, enums by name or number, 64-bit numbers as text or number.
 * What does not fit is a problem with its path, and so is a field that there is not.
 */
final class MessageReader {
  private static final int MOST_PROBLEMS = 50;

  private final List<String> problems = new ArrayList<>();

  /** Fills a message; what is wrong is among the {@link #problems}. */
  void read(String path, JsonNode json, Message.Builder into) {
    if (!json.isObject()) {
      problem(path, "has to be an object");
      return;
    }
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      String at = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      FieldDescriptor field = field(into, entry.getKey());
      if (field == null) {
        problem(at, "is not a field of the protocol");
      } else if (!entry.getValue().isNull()) {
        set(at, field, entry.getValue(), into);
      }
    }
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  private void problem(String path, String text) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add((path.isEmpty() ? "message" : path) + ": " + text);
    }
  }

  private static @Nullable FieldDescriptor field(Message.Builder into, String name) {
    for (FieldDescriptor field : into.getDescriptorForType().getFields()) {
      if (field.getName().equals(name) || field.getJsonName().equals(name)) {
        return field;
      }
    }
    return null;
  }

  private void set(String at, FieldDescriptor field, JsonNode json, Message.Builder into) {
    if (field.isMapField()) {
      map(at, field, json, into);
    } else if (field.isRepeated()) {
      if (!json.isArray()) {
        problem(at, "has to be a list");
        return;
      }
      for (int i = 0; i < json.size(); i++) {
        Object value = value(at + "[" + i + "]", field, json.get(i), into);
        if (value != null) {
          into.addRepeatedField(field, value);
        }
      }
    } else {
      Object value = value(at, field, json, into);
      if (value != null) {
        into.setField(field, value);
      }
    }
  }

  private void map(String at, FieldDescriptor field, JsonNode json, Message.Builder into) {
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor content = field.getMessageType().findFieldByNumber(2);
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      Message.Builder pair = into.newBuilderForField(field);
      pair.setField(key, entry.getKey());
      Object value = value(at + "[" + entry.getKey() + "]", content, entry.getValue(), pair);
      if (value != null) {
        into.addRepeatedField(field, pair.setField(content, value).build());
      }
    }
  }

  private @Nullable Object value(
      String at, FieldDescriptor field, JsonNode json, Message.Builder into) {
    try {
      return switch (field.getJavaType()) {
        case INT -> integer(field, number(json));
        case LONG -> number(json);
        case FLOAT -> (float) json.asDouble();
        case DOUBLE -> json.asDouble();
        case BOOLEAN -> flag(json);
        case STRING -> text(json);
        case BYTE_STRING -> ByteString.copyFrom(Base64.getDecoder().decode(text(json)));
        case ENUM -> word(field, json);
        case MESSAGE -> message(at, into.newBuilderForField(field), json);
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      problem(at, "has to be " + kind(field));
      return null;
    }
  }

  /** A wrapped number is written as the number, or as crictl's users write it, as an object. */
  private Message message(String at, Message.Builder builder, JsonNode json) {
    FieldDescriptor only = builder.getDescriptorForType().findFieldByName("value");
    boolean wrapper = builder.getDescriptorForType().getFullName().endsWith("Int64Value");
    if (wrapper && !json.isObject()) {
      return builder.setField(only, number(json)).build();
    }
    read(at, json, builder);
    return builder.build();
  }

  private static long number(JsonNode json) {
    if (json.isIntegralNumber() && json.canConvertToLong()) {
      return json.longValue();
    }
    return Long.parseLong(text(json));
  }

  /** protobuf's Java holds an unsigned number in the int of the same bits. */
  private static int integer(FieldDescriptor field, long number) {
    boolean unsigned = field.getType() == FieldDescriptor.Type.UINT32;
    return unsigned && number >= 0 && number <= 0xffff_ffffL
        ? (int) number
        : Math.toIntExact(number);
  }

  private static boolean flag(JsonNode json) {
    if (!json.isBoolean()) {
      throw new IllegalArgumentException();
    }
    return json.booleanValue();
  }

  private static String text(JsonNode json) {
    if (!json.isTextual()) {
      throw new IllegalArgumentException();
    }
    return json.textValue();
  }

  private static EnumValueDescriptor word(FieldDescriptor field, JsonNode json) {
    EnumValueDescriptor value =
        json.isIntegralNumber()
            ? field.getEnumType().findValueByNumberCreatingIfUnknown(json.intValue())
            : field.getEnumType().findValueByName(text(json));
    if (value == null) {
      throw new IllegalArgumentException();
    }
    return value;
  }

  private static String kind(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case INT, LONG, FLOAT, DOUBLE -> "a number";
      case BOOLEAN -> "true or false";
      case STRING -> "text in quotes";
      case BYTE_STRING -> "text in base64";
      case ENUM ->
          "one of "
              + String.join(
                  ", ",
                  field.getEnumType().getValues().stream()
                      .map(EnumValueDescriptor::getName)
                      .toList());
      case MESSAGE -> "an object";
    };
  }
}
