package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The filter of containers that ask for RuntimeDefault, from {@code default-profile.json}: what is
 * opened, to whom, and why. It names every call of the tables, also those it refuses, so that a
 * call it does not name is newer than the profile (ENOSYS).
 */
public final class DefaultProfile {
  private static final String RESOURCE = "default-profile.json";
  private static final Pattern CAPABILITY = Pattern.compile("CAP_[A-Z_]{1,32}");
  private static final Map<String, Integer> ERRNOS =
      Map.of("EPERM", Verdict.EPERM, "ENOSYS", Verdict.ENOSYS);
  private static final List<Group> GROUPS = load();

  private DefaultProfile() {}

  /** Calls that share a treatment. Empty lists of machines and capabilities mean all. */
  private record Group(List<Arch> on, List<String> with, List<String> without, List<Rule> rules) {
    boolean applies(Set<String> bounding, Arch nativeArch) {
      return (on.isEmpty() || on.contains(nativeArch))
          && (with.isEmpty() || with.stream().anyMatch(bounding::contains))
          && without.stream().noneMatch(bounding::contains);
    }
  }

  /**
   * The default profile of a container: the mount family and what can make namespaces only with
   * CAP_SYS_ADMIN, and so on.
   *
   * @param bounding the bounding set, names as in capabilities(7), for example {@code CAP_CHOWN}
   * @param nativeArch what the kernel is built for; its 32-bit ABIs are filtered as well
   * @throws IllegalArgumentException if a name has not the form of a capability's or the kernel
   *     cannot be of that kind
   */
  public static Profile forCapabilities(Set<String> bounding, Arch nativeArch) {
    for (String capability : bounding) {
      if (!CAPABILITY.matcher(capability).matches()) {
        throw new IllegalArgumentException("not the name of a capability: " + capability);
      }
    }
    if (nativeArch != Arch.X86_64 && nativeArch != Arch.AARCH64) {
      throw new IllegalArgumentException("no default profile for a kernel of " + nativeArch);
    }
    List<Rule> rules = new ArrayList<>();
    Set<String> closed = new TreeSet<>();
    for (Group group : GROUPS) {
      if (group.applies(bounding, nativeArch)) {
        rules.addAll(group.rules());
      } else {
        group.rules().forEach(rule -> closed.addAll(rule.names()));
      }
    }
    rules.forEach(rule -> closed.removeAll(rule.names()));
    rules.add(Rule.of(Action.ERRNO, List.copyOf(closed)));
    List<ProfileArch> archs = nativeArch.family().stream().map(ProfileArch::of).toList();
    return new Profile(Action.ERRNO, Verdict.EPERM, archs, List.of(), null, null, rules);
  }

  private static List<Group> load() {
    try (InputStream in = DefaultProfile.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the class path lacks " + RESOURCE);
      }
      List<Group> groups = new ArrayList<>();
      for (JsonNode group : new ObjectMapper().readTree(in).required("groups")) {
        List<Arch> on = texts(group, "on").stream().map(Arch::valueOf).toList();
        groups.add(new Group(on, texts(group, "with"), texts(group, "without"), rules(group)));
      }
      return List.copyOf(groups);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + RESOURCE, e);
    }
  }

  private static List<Rule> rules(JsonNode group) {
    List<String> calls = texts(group, "calls");
    JsonNode deny = group.path("deny");
    if (!deny.isMissingNode()) {
      return List.of(new Rule(calls, Action.ERRNO, ERRNOS.get(deny.textValue()), List.of()));
    }
    if (group.path("any").isEmpty()) {
      return List.of(Rule.of(Action.ALLOW, calls));
    }
    List<Rule> rules = new ArrayList<>();
    for (JsonNode alternative : group.path("any")) {
      Condition condition =
          new Condition(
              alternative.required("arg").intValue(),
              Long.decode(alternative.required("mask").textValue()),
              Long.decode(alternative.required("equals").textValue()),
              Comparison.MASKED_EQ);
      rules.add(Rule.of(Action.ALLOW, calls, condition));
    }
    return rules;
  }

  private static List<String> texts(JsonNode group, String field) {
    List<String> texts = new ArrayList<>();
    group.path(field).forEach(text -> texts.add(text.textValue()));
    return texts;
  }
}
