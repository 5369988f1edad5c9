package dev.stockade.shim.intent;

import dev.stockade.cri.v1.Capability;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads capability changes: names with or without {@code CAP_}, in any case, and {@code ALL}. */
final class CapabilityReader {
  private static final String ALL = "ALL";
  private static final Pattern NAME = Pattern.compile("CAP_[A-Z][A-Z0-9_]{1,40}");

  private final Problems problems;
  private final String field;

  CapabilityReader(Problems problems, String field) {
    this.problems = problems;
    this.field = field;
  }

  CapabilityIntent read(Capability capability) {
    Set<String> add = names("add_capabilities", capability.getAddCapabilitiesList());
    Set<String> drop = names("drop_capabilities", capability.getDropCapabilitiesList());
    Set<String> ambient =
        names("add_ambient_capabilities", capability.getAddAmbientCapabilitiesList());
    if (ambient.remove(ALL)) {
      problems.invalid(
          field + ".add_ambient_capabilities",
          "asks for ALL",
          "name the capabilities; a program that is not root should get no more than it needs");
    }
    return new CapabilityIntent(add.remove(ALL), add, drop.remove(ALL), drop, ambient);
  }

  private Set<String> names(String list, List<String> names) {
    Set<String> read = new TreeSet<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i).toUpperCase(Locale.ROOT);
      if (name.equals(ALL)) {
        read.add(ALL);
        continue;
      }
      String kernelName = name.startsWith("CAP_") ? name : "CAP_" + name;
      if (NAME.matcher(kernelName).matches()) {
        read.add(kernelName);
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
