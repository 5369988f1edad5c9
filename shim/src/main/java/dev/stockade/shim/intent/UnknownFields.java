package dev.stockade.shim.intent;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;

/**
 * Fields of a later version of the protocol. protobuf lets a server skip what it does not know, but
 * what it does not know may be a constraint.
 */
final class UnknownFields {
  private final Problems problems;

  UnknownFields(Problems problems) {
    this.problems = problems;
  }

  /**
   * Finds a problem in every field that this build does not know.
   *
   * @param path of the message within the request, empty for the whole
   */
  void check(String path, Message message) {
    for (int number : message.getUnknownFields().asMap().keySet()) {
      problems.unsupported(
          join(path, "field " + number),
          "is not known to this build, so it cannot be enforced",
          "update Stockade, or ask without it");
    }
    for (Map.Entry<FieldDescriptor, Object> set : message.getAllFields().entrySet()) {
      FieldDescriptor field = set.getKey();
      if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE || field.isMapField()) {
        continue;
      }
      String at = join(path, field.getName());
      if (field.isRepeated()) {
        List<?> values = (List<?>) set.getValue();
        for (int i = 0; i < values.size(); i++) {
          check(at + "[" + i + "]", (Message) values.get(i));
        }
      } else {
        check(at, (Message) set.getValue());
      }
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
