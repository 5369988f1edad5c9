package dev.stockade.shim.intent;

import dev.stockade.cri.v1.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import java.util.List;
import java.util.Optional;

/** Reads capability changes: names with or without {@code CAP_}, in any case, and {@code ALL}. */
final class CapabilityReader {
  private static final String ALL = "ALL";

  private final Problems problems;
  private final String field;

  CapabilityReader(Problems problems, String field) {
    this.problems = problems;
    this.field = field;
  }

  CapabilityIntent read(Capability asked) {
    List<String> ambient = asked.getAddAmbientCapabilitiesList();
    if (hasAll(ambient)) {
      problems.invalid(
          field + ".add_ambient_capabilities",
          "asks for ALL",
          "name the capabilities; a program that is not root should get no more than it needs");
    }
    return new CapabilityIntent(
        hasAll(asked.getAddCapabilitiesList()),
        set("add_capabilities", asked.getAddCapabilitiesList()),
        hasAll(asked.getDropCapabilitiesList()),
        set("drop_capabilities", asked.getDropCapabilitiesList()),
        set("add_ambient_capabilities", ambient));
  }

  private static boolean hasAll(List<String> names) {
    return names.stream().anyMatch(ALL::equalsIgnoreCase);
  }

  private CapabilitySet set(String list, List<String> names) {
    CapabilitySet read = CapabilitySet.NONE;
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(ALL)) {
        continue;
      }
      Optional<dev.stockade.launcher.caps.Capability> capability =
          dev.stockade.launcher.caps.Capability.parse(names.get(i));
      if (capability.isPresent()) {
        read = read.plus(capability.get());
      } else {
        problems.invalid(
            field + "." + list + "[" + i + "]",
            TextRules.quoted(names.get(i)) + " is not a capability",
            "use a name of capabilities(7), for example NET_ADMIN");
      }
    }
    return read;
  }
}
