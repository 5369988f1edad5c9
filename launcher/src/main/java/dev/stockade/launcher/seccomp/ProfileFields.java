package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Typed access to the fields of a JSON profile that notes every problem with its place instead of
 * stopping at the first.
 */
final class ProfileFields {
  private static final int MAX_PROBLEMS = 100;
  private static final int MAX_QUOTED = 64;
  private static final int UNSIGNED_BITS = 64;
  private static final Pattern SYSCALL_NAME = Pattern.compile("[a-z0-9_]{1,64}");

  private final List<String> problems = new ArrayList<>();
  private int unlisted;

  void problem(String at, String what) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(at + ": " + what);
    } else {
      unlisted++;
    }
  }

  void throwProblems() throws ProfileException {
    if (unlisted > 0) {
      problems.add("$: " + unlisted + " more problems");
    }
    if (!problems.isEmpty()) {
      throw new ProfileException(problems);
    }
  }

  /**
   * Notes every field that is not among the allowed ones; false if the node is no object at all.
   */
  boolean object(String at, JsonNode node, List<String> allowed) {
    if (!node.isObject()) {
      problem(at, "not an object");
      return false;
    }
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!allowed.contains(name)) {
        problem(join(at, quotable(name)), "unknown field");
      }
    }
    return true;
  }

  <T> List<T> list(
      String at, JsonNode parent, String field, int max, BiFunction<String, JsonNode, T> element) {
    JsonNode node = parent.path(field);
    List<T> list = new ArrayList<>();
    if (absent(node)) {
      return list;
    }
    String place = join(at, field);
    if (!node.isArray()) {
      problem(place, "not an array");
    } else if (node.size() > max) {
      problem(place, node.size() + " entries are more than " + max);
    } else {
      for (int i = 0; i < node.size(); i++) {
        list.add(element.apply(place + "[" + i + "]", node.get(i)));
      }
    }
    return list;
  }

  <E> E word(
      String at, JsonNode parent, String field, E[] words, Function<E, String> name, E fallback) {
    JsonNode node = parent.path(field);
    if (absent(node)) {
      problem(join(at, field), "missing");
      return fallback;
    }
    return word(join(at, field), node, words, name, fallback);
  }

  <E> List<E> words(String field, JsonNode parent, E[] words, Function<E, String> name, int max) {
    return list("", parent, field, max, (at, node) -> word(at, node, words, name, words[0]));
  }

  <E> E word(String at, JsonNode node, E[] words, Function<E, String> name, E fallback) {
    for (E word : words) {
      if (node.isTextual() && name.apply(word).equals(node.textValue())) {
        return word;
      }
    }
    List<String> names = new ArrayList<>();
    for (E word : words) {
      names.add(name.apply(word));
    }
    problem(
        at,
        quotable(node.isTextual() ? node.textValue() : node.toString())
            + " is none of "
            + String.join(", ", names));
    return fallback;
  }

  @Nullable Integer optionalInt(String at, JsonNode parent, String field) {
    JsonNode node = parent.path(field);
    if (absent(node)) {
      return null;
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
      problem(join(at, field), quotable(node.toString()) + " is not an unsigned 32-bit number");
      return null;
    }
    return node.intValue();
  }

  @Nullable String optionalText(JsonNode parent, String field) {
    return optionalText("", parent, field);
  }

  @Nullable String optionalText(String at, JsonNode parent, String field) {
    JsonNode node = parent.path(field);
    if (absent(node)) {
      return null;
    }
    if (!node.isTextual()) {
      problem(join(at, field), "not a string");
      return null;
    }
    return node.textValue();
  }

  /** A required index below a bound. */
  int index(String at, JsonNode parent, String field, int bound) {
    JsonNode node = parent.path(field);
    if (node.isIntegralNumber()
        && node.canConvertToInt()
        && node.intValue() >= 0
        && node.intValue() < bound) {
      return node.intValue();
    }
    problem(
        join(at, field),
        absent(node) ? "missing" : quotable(node.toString()) + " is not 0 to " + (bound - 1));
    return 0;
  }

  /** A uint64, 0 if absent: Go encoders leave a zero out. */
  long unsigned(String at, JsonNode parent, String field) {
    JsonNode node = parent.path(field);
    if (absent(node)) {
      return 0;
    }
    boolean fits =
        node.isIntegralNumber()
            && node.bigIntegerValue().signum() >= 0
            && node.bigIntegerValue().bitLength() <= UNSIGNED_BITS;
    if (!fits) {
      problem(join(at, field), quotable(node.toString()) + " is not an unsigned 64-bit number");
      return 0;
    }
    return node.bigIntegerValue().longValue();
  }

  /** Text of a pattern; otherwise empty, and a problem that says what it is not. */
  String matching(String at, JsonNode node, Pattern pattern, String what) {
    if (node.isTextual() && pattern.matcher(node.textValue()).matches()) {
      return node.textValue();
    }
    problem(at, quotable(node.toString()) + " is not " + what);
    return "";
  }

  String syscallName(String at, JsonNode node) {
    return matching(at, node, SYSCALL_NAME, "the name of a system call");
  }

  static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  static String join(String at, String field) {
    return at.isEmpty() || at.equals("$") ? field : at + "." + field;
  }

  /** Text from outside, short and without control characters. */
  private static String quotable(String text) {
    String cut = text.length() > MAX_QUOTED ? text.substring(0, MAX_QUOTED) + "..." : text;
    return cut.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
  }
}
