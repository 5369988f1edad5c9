package dev.stockade.shim.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads a specification; whatever is not known in it makes it unacceptable as a whole. */
final class SpecReader {
  private static final Set<String> VERSIONS =
      Set.of(
          "0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0");
  private static final Set<String> KEYS =
      Set.of("cdiVersion", "kind", "annotations", "devices", "containerEdits");
  private static final Set<String> DEVICE_KEYS = Set.of("name", "annotations", "containerEdits");
  private static final int LONGEST_NAME = 255;
  private static final int MOST_ANNOTATIONS = 1000;
  private static final Pattern KIND =
      Pattern.compile(
          "[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?");

  private SpecReader() {}

  static Spec read(JsonNode document) throws SpecException {
    SpecObject spec = SpecObject.of("", document, KEYS);
    String version = spec.required("cdiVersion");
    if (!VERSIONS.contains(version)) {
      throw spec.wrong("cdiVersion", SpecObject.shown(version) + " is not known");
    }
    String kind = spec.required("kind");
    if (!KIND.matcher(kind).matches() || kind.length() > LONGEST_NAME) {
      throw spec.wrong("kind", SpecObject.shown(kind) + " is not vendor/class");
    }
    annotations(spec);
    List<JsonNode> devices = spec.list("devices");
    if (devices.isEmpty()) {
      throw spec.wrong("devices", "names none");
    }
    Map<String, Edits> byName = new HashMap<>();
    for (int i = 0; i < devices.size(); i++) {
      SpecObject device = SpecObject.of("devices[" + i + "]", devices.get(i), DEVICE_KEYS);
      String name = device.required("name");
      if (!NAME.matcher(name).matches() || name.length() > LONGEST_NAME) {
        throw device.wrong("name", SpecObject.shown(name) + " is not a name of a device");
      }
      annotations(device);
      if (!device.has("containerEdits")) {
        throw device.wrong("containerEdits", "is missing");
      }
      if (byName.put(name, edits(device)) != null) {
        throw device.wrong("name", SpecObject.shown(name) + " stands twice");
      }
    }
    return new Spec(kind, edits(spec), Map.copyOf(byName));
  }

  private static Edits edits(SpecObject object) throws SpecException {
    Optional<JsonNode> edits = object.child("containerEdits");
    return edits.isEmpty()
        ? Edits.NONE
        : EditsReader.read(object.at("containerEdits"), edits.get());
  }

  /** Data of the vendor's tools. */
  private static void annotations(SpecObject object) throws SpecException {
    if (!object.has("annotations")) {
      return;
    }
    JsonNode annotations = object.child("annotations").orElseThrow();
    if (!annotations.isObject() || annotations.size() > MOST_ANNOTATIONS) {
      throw object.wrong("annotations", "is not an object of at most 1000 texts");
    }
    for (JsonNode value : annotations) {
      if (!value.isTextual()) {
        throw object.wrong("annotations", "has a value that is not text");
      }
    }
  }
}
