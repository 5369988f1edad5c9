package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/**
 * Messages in the JSON form of protocol buffers, as {@code crictl} prints them: lowerCamelCase
 * names, 64-bit numbers as strings, bytes in base64, fields at their default left in. Fields marked
 * for redaction are not written.
 */
final class MessageJson {
  private MessageJson() {}

  static void write(JsonGenerator json, Collection<? extends Message> messages) throws IOException {
    json.writeStartArray();
    for (Message message : messages) {
      write(json, message);
    }
    json.writeEndArray();
  }

  static void write(JsonGenerator json, Message message) throws IOException {
    json.writeStartObject();
    writeFields(json, message);
    json.writeEndObject();
  }

  /** Writes a message's fields into the object that is open. */
  static void writeFields(JsonGenerator json, Message message) throws IOException {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      boolean absent = field.hasPresence() && !message.hasField(field);
      if (absent || field.getOptions().getDebugRedact()) {
        continue;
      }
      json.writeFieldName(field.getJsonName());
      if (field.isMapField()) {
        writeMap(json, (List<?>) message.getField(field));
      } else if (field.isRepeated()) {
        writeList(json, field, (List<?>) message.getField(field));
      } else {
        writeValue(json, field, message.getField(field));
      }
    }
  }

  private static void writeList(JsonGenerator json, FieldDescriptor field, List<?> values)
      throws IOException {
    json.writeStartArray();
    for (Object value : values) {
      writeValue(json, field, value);
    }
    json.writeEndArray();
  }

  /** A map is a repeated message of key and value; keys in order, so that output is stable. */
  private static void writeMap(JsonGenerator json, List<?> entries) throws IOException {
    json.writeStartObject();
    List<Message> sorted =
        entries.stream()
            .map(Message.class::cast)
            .sorted((a, b) -> key(a).compareTo(key(b)))
            .toList();
    for (Message entry : sorted) {
      FieldDescriptor value = entry.getDescriptorForType().findFieldByNumber(2);
      json.writeFieldName(key(entry));
      writeValue(json, value, entry.getField(value));
    }
    json.writeEndObject();
  }

  private static String key(Message entry) {
    return entry.getField(entry.getDescriptorForType().findFieldByNumber(1)).toString();
  }

  private static void writeValue(JsonGenerator json, FieldDescriptor field, Object value)
      throws IOException {
    switch (field.getJavaType()) {
      case INT -> json.writeNumber((Integer) value);
      case LONG -> json.writeString(integer(field, (Long) value));
      case FLOAT -> json.writeNumber((Float) value);
      case DOUBLE -> json.writeNumber((Double) value);
      case BOOLEAN -> json.writeBoolean((Boolean) value);
      case STRING -> json.writeString((String) value);
      case BYTE_STRING -> json.writeBinary(((ByteString) value).toByteArray());
      case ENUM -> json.writeString(((EnumValueDescriptor) value).getName());
      case MESSAGE -> write(json, (Message) value);
    }
  }

  private static String integer(FieldDescriptor field, long value) {
    boolean unsigned =
        switch (field.getType()) {
          case UINT64, FIXED64 -> true;
          default -> false;
        };
    return unsigned ? Long.toUnsignedString(value) : Long.toString(value);
  }
}
