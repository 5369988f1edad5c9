package dev.stockade.shim.intent;

import dev.stockade.cri.v1.CDIDevice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads which devices of the Container Device Interface a container asks for, by field and by the
 * annotations that came before it. One asked for twice is one.
 */
final class CdiReader {
  static final String ANNOTATION = "cdi.k8s.io/";

  private static final int MOST = 256;
  private static final Pattern NAME =
      Pattern.compile(
          "[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?"
              + "=[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?");

  private final Problems problems;
  private final List<CdiRequest> read = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  CdiReader(Problems problems) {
    this.problems = problems;
  }

  List<CdiRequest> read(List<CDIDevice> devices, Map<String, String> annotations) {
    if (devices.size() > MOST) {
      problems.invalid("CDI_devices", "has " + devices.size() + " entries", "use at most " + MOST);
      return List.of();
    }
    for (int i = 0; i < devices.size(); i++) {
      add(devices.get(i).getName(), "CDI_devices[" + i + "].name");
    }
    for (Map.Entry<String, String> annotation : new TreeMap<>(annotations).entrySet()) {
      if (annotation.getKey().startsWith(ANNOTATION)) {
        annotation("annotations[" + annotation.getKey() + "]", annotation.getValue());
      }
    }
    return List.copyOf(read);
  }

  private void annotation(String field, String value) {
    String[] asked = value.split(",", -1);
    if (asked.length > MOST) {
      problems.invalid(field, "has " + asked.length + " entries", "use at most " + MOST);
      return;
    }
    for (String name : asked) {
      add(name.strip(), field);
    }
  }

  private void add(String name, String field) {
    if (name.length() > TextRules.MAX_NAME_BYTES || !NAME.matcher(name).matches()) {
      problems.invalid(
          field,
          TextRules.quoted(name) + " is not the name of a device",
          "name it vendor/class=device");
    } else if (names.add(name)) {
      read.add(new CdiRequest(name, field));
    }
  }
}
