package dev.stockade.shim.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.DefaultProfile;
import dev.stockade.launcher.seccomp.SyscallTable;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

/**
 * What the default profile's own text says of a call whose arguments have all bits set. Read here a
 * second time, by itself, so that reader, compiler and kernel have to agree with it.
 */
final class DocumentedFilter {
  static final String ALLOWED = "allowed";

  private final JsonNode groups;
  private final Set<String> bounding;
  private final Arch kernel;

  DocumentedFilter(Set<String> bounding, Arch kernel) throws IOException {
    try (InputStream in = DefaultProfile.class.getResourceAsStream("default-profile.json")) {
      groups = new ObjectMapper().readTree(in).required("groups");
    }
    this.bounding = bounding;
    this.kernel = kernel;
  }

  /** Every capability that opens calls. */
  Set<String> capabilities() {
    Set<String> names = new TreeSet<>();
    groups.forEach(group -> group.path("with").forEach(name -> names.add(name.textValue())));
    return names;
  }

  /**
   * The answer to a call of an ABI; empty for a number without a name below the newest named one.
   */
  Optional<String> answer(Arch arch, int number) {
    List<String> names = SyscallTable.of(arch).namesOf(number);
    Optional<String> denied = Optional.empty();
    boolean named = false;
    for (JsonNode group : groups) {
      if (contains(group.path("calls"), names)) {
        named = true;
        if (applies(group) && group.has("deny")) {
          denied = Optional.of(group.path("deny").textValue());
        } else if (applies(group) && lets(group, arch)) {
          return Optional.of(ALLOWED);
        }
      }
    }
    if (denied.isPresent() || named) {
      return Optional.of(denied.orElse("EPERM"));
    }
    int newest =
        SyscallTable.of(arch).numbers().values().stream().max(Integer::compare).orElseThrow();
    return number > newest ? Optional.of("ENOSYS") : Optional.empty();
  }

  private static boolean contains(JsonNode calls, List<String> names) {
    return StreamSupport.stream(calls.spliterator(), false)
        .anyMatch(call -> names.contains(call.textValue()));
  }

  private boolean applies(JsonNode group) {
    return (group.path("on").isEmpty() || has(group.path("on"), Set.of(kernel.name())))
        && (group.path("with").isEmpty() || has(group.path("with"), bounding))
        && !has(group.path("without"), bounding);
  }

  private static boolean has(JsonNode list, Set<String> any) {
    return StreamSupport.stream(list.spliterator(), false)
        .anyMatch(entry -> any.contains(entry.textValue()));
  }

  private static boolean lets(JsonNode group, Arch arch) {
    if (group.path("any").isEmpty()) {
      return true;
    }
    long argument = arch.wideArguments() ? -1L : 0xffff_ffffL;
    return StreamSupport.stream(group.path("any").spliterator(), false)
        .anyMatch(
            condition ->
                (argument & Long.decode(condition.path("mask").textValue()))
                    == Long.decode(condition.path("equals").textValue()));
  }
}
