package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the dialect of moby and containers-common has besides the OCI one: rules for some containers
 * only, architectures by the node's, errnos by name, and comments.
 */
final class DockerDialect {
  private static final List<String> OWN_PROFILE_FIELDS =
      List.of("archMap", "defaultErrno", "comment");
  private static final List<String> OWN_RULE_FIELDS =
      List.of("name", "errno", "comment", "includes", "excludes");
  private static final List<String> CLAUSE_FIELDS = List.of("caps", "arches", "minKernel");
  private static final List<String> ARCH_FIELDS = List.of("architecture", "subArchitectures");
  private static final int MAX_ENTRIES = 64;
  private static final Pattern CAPABILITY = Pattern.compile("CAP_[A-Z_]{1,32}");
  private static final Pattern MACHINE = Pattern.compile("[a-z0-9]{1,16}");

  /** Those that profiles return; a number does for the others. */
  private static final Map<String, Integer> ERRNOS =
      Map.of(
          "EPERM", Verdict.EPERM,
          "ENOENT", 2,
          "EAGAIN", 11,
          "EACCES", 13,
          "EINVAL", 22,
          "ENOSYS", Verdict.ENOSYS,
          "EOPNOTSUPP", 95,
          "EAFNOSUPPORT", 97);

  private final ProfileFields fields;
  private final ProfileReader shared;
  private final List<RuleGuard> guards = new ArrayList<>();

  DockerDialect(ProfileFields fields, ProfileReader shared) {
    this.fields = fields;
    this.shared = shared;
  }

  /** Whether a profile has any field that only this dialect knows. */
  static boolean isSpoken(JsonNode root) {
    if (OWN_PROFILE_FIELDS.stream().anyMatch(root::has)) {
      return true;
    }
    for (JsonNode rule : root.path("syscalls")) {
      if (OWN_RULE_FIELDS.stream().anyMatch(rule::has)) {
        return true;
      }
    }
    return false;
  }

  ProfileDocument document(JsonNode root) {
    Profile shown =
        shared.profile(root, with(ProfileReader.PROFILE_FIELDS, OWN_PROFILE_FIELDS), this::rule);
    List<ProfileDocument.ArchEntry> archMap =
        fields.list("", root, "archMap", MAX_ENTRIES, this::archEntry);
    if (!archMap.isEmpty() && !shown.architectures().isEmpty()) {
      fields.problem("archMap", "a profile has either this or architectures");
    }
    Profile everything =
        new Profile(
            shown.defaultAction(),
            errno("", root, "defaultErrno", shown.defaultErrnoRet()),
            shown.architectures(),
            shown.flags(),
            shown.listenerPath(),
            shown.listenerMetadata(),
            shown.syscalls());
    return new ProfileDocument(ProfileDocument.Dialect.DOCKER, everything, guards, archMap);
  }

  private Rule rule(String at, JsonNode node) {
    guards.add(new RuleGuard(clause(at, node, "includes"), clause(at, node, "excludes")));
    if (!fields.object(at, node, with(ProfileReader.RULE_FIELDS, OWN_RULE_FIELDS))) {
      return Rule.of(Action.KILL_PROCESS, List.of());
    }
    List<String> names =
        fields.list(at, node, "names", ProfileReader.MAX_NAMES, fields::syscallName);
    if (!ProfileFields.absent(node.path("name"))) {
      if (!names.isEmpty()) {
        fields.problem(at + ".name", "a rule has either this or names");
      }
      names = List.of(fields.syscallName(at + ".name", node.path("name")));
    }
    Rule shown = shared.rule(at, node, names);
    return new Rule(
        shown.names(), shown.action(), errno(at, node, "errno", shown.errnoRet()), shown.args());
  }

  /** By name; beside a number it must mean the same. */
  private @Nullable Integer errno(
      String at, JsonNode parent, String field, @Nullable Integer number) {
    String name = fields.optionalText(at, parent, field);
    if (name == null || name.isEmpty()) {
      return number;
    }
    Integer known = ERRNOS.get(name);
    String place = ProfileFields.join(at, field);
    if (known == null) {
      fields.problem(
          place,
          "is none of "
              + String.join(", ", ERRNOS.keySet().stream().sorted().toList())
              + "; give its number as "
              + field
              + "Ret instead");
    } else if (number != null && !number.equals(known)) {
      fields.problem(place, name + " is " + known + ", but " + field + "Ret is " + number);
    }
    return known;
  }

  private RuleGuard.Clause clause(String at, JsonNode rule, String field) {
    JsonNode node = rule.path(field);
    String place = ProfileFields.join(at, field);
    if (ProfileFields.absent(node) || !fields.object(place, node, CLAUSE_FIELDS)) {
      return RuleGuard.Clause.NONE;
    }
    JsonNode minKernel = node.path("minKernel");
    boolean any = ProfileFields.absent(minKernel) || minKernel.asText().isEmpty();
    return new RuleGuard.Clause(
        fields.list(
            place,
            node,
            "caps",
            MAX_ENTRIES,
            (p, n) -> fields.matching(p, n, CAPABILITY, "the name of a capability")),
        fields.list(
            place,
            node,
            "arches",
            MAX_ENTRIES,
            (p, n) -> fields.matching(p, n, MACHINE, "the name of an architecture")),
        any
            ? ""
            : fields.matching(
                place + ".minKernel", minKernel, RuleGuard.VERSION, "a version such as 4.8"));
  }

  private ProfileDocument.ArchEntry archEntry(String at, JsonNode node) {
    if (!fields.object(at, node, ARCH_FIELDS)) {
      return new ProfileDocument.ArchEntry(ProfileArch.X86_64, List.of());
    }
    return new ProfileDocument.ArchEntry(
        fields.word(
            at, node, "architecture", ProfileArch.values(), ProfileArch::ociName, ProfileArch.X86),
        fields.list(at, node, "subArchitectures", MAX_ENTRIES, this::arch));
  }

  private ProfileArch arch(String at, JsonNode node) {
    return fields.word(at, node, ProfileArch.values(), ProfileArch::ociName, ProfileArch.X86);
  }

  private static List<String> with(List<String> shared, List<String> own) {
    return Stream.concat(shared.stream(), own.stream()).toList();
  }
}
