package dev.stockade.cri.v1;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What compiled descriptors say, as rows of the form of {@code cri-v1-facts.tsv}. Follows imports
 * from the given files.
 */
final class DescriptorFacts {
  private static final String PACKAGE = "runtime.v1";
  private static final String NONE = "-";

  private final SortedSet<String> rows = new TreeSet<>();
  private final Set<String> seen = new HashSet<>();

  DescriptorFacts(Collection<FileDescriptor> roots) {
    roots.forEach(this::file);
  }

  SortedSet<String> rows() {
    return rows;
  }

  private void file(FileDescriptor file) {
    if (!seen.add(file.getFullName())) {
      return;
    }
    if (!file.getPackage().equals(PACKAGE)) {
      throw new IllegalStateException(file.getFullName() + " is not in package " + PACKAGE);
    }
    file.getServices().forEach(this::service);
    file.getMessageTypes().forEach(this::message);
    file.getEnumTypes().forEach(this::enumeration);
    file.getDependencies().forEach(this::file);
  }

  private void service(ServiceDescriptor service) {
    for (MethodDescriptor method : service.getMethods()) {
      row(
          "rpc",
          service.getName(),
          method.getName(),
          name(method.getInputType().getFullName()),
          name(method.getOutputType().getFullName()),
          streaming(method),
          deprecated(method.getOptions().getDeprecated()));
    }
  }

  private static String streaming(MethodDescriptor method) {
    if (method.isClientStreaming()) {
      return "client-streaming";
    }
    return method.isServerStreaming() ? "server-streaming" : "unary";
  }

  private void message(Descriptor message) {
    String name = name(message.getFullName());
    row("message", name, NONE, NONE, NONE, NONE, deprecated(message.getOptions().getDeprecated()));
    for (FieldDescriptor field : message.getFields()) {
      row(
          "field",
          name,
          field.getName(),
          Integer.toString(field.getNumber()),
          type(field),
          label(field),
          deprecated(field.getOptions().getDeprecated()));
    }
    message.getNestedTypes().stream()
        .filter(nested -> !nested.getOptions().getMapEntry())
        .forEach(this::message);
    message.getEnumTypes().forEach(this::enumeration);
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return "map<%s,%s>"
          .formatted(type(entry.findFieldByNumber(1)), type(entry.findFieldByNumber(2)));
    }
    return switch (field.getJavaType()) {
      case MESSAGE -> name(field.getMessageType().getFullName());
      case ENUM -> name(field.getEnumType().getFullName());
      default -> field.getType().name().toLowerCase(Locale.ROOT);
    };
  }

  private static String label(FieldDescriptor field) {
    if (field.isMapField()) {
      return "map";
    }
    if (field.isRepeated()) {
      return "repeated";
    }
    if (field.getRealContainingOneof() != null) {
      return "oneof:" + field.getRealContainingOneof().getName();
    }
    return field.getContainingOneof() == null ? "singular" : "optional";
  }

  private void enumeration(EnumDescriptor type) {
    String name = name(type.getFullName());
    row("enum", name, NONE, NONE, NONE, NONE, deprecated(type.getOptions().getDeprecated()));
    for (EnumValueDescriptor value : type.getValues()) {
      row(
          "value",
          name,
          value.getName(),
          Integer.toString(value.getNumber()),
          NONE,
          NONE,
          deprecated(value.getOptions().getDeprecated()));
    }
  }

  private static String name(String fullName) {
    return fullName.substring(PACKAGE.length() + 1);
  }

  private static String deprecated(boolean is) {
    return is ? "deprecated" : NONE;
  }

  private void row(String... cells) {
    rows.add(String.join("\t", cells));
  }
}
