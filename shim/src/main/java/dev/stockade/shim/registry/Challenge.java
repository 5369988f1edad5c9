package dev.stockade.shim.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a host wants to be shown credentials. Source: RFC 9110, 11.6.1; the distribution project's
 * token authentication.
 *
 * @param scheme in lower case
 * @param parameters names in lower case
 */
record Challenge(String scheme, Map<String, String> parameters) {
  private static final int LONGEST = 8192;
  private static final Pattern PART =
      Pattern.compile(
          "\\G[ \\t,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)"
              + "(?:[ \\t]*=[ \\t]*(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s\",]+)))?");

  /** All challenges of the headers, in their order. */
  static List<Challenge> parse(List<String> headers) {
    List<Challenge> challenges = new ArrayList<>();
    for (String header : headers) {
      if (header.length() <= LONGEST) {
        parse(header, challenges);
      }
    }
    return challenges;
  }

  private static void parse(String header, List<Challenge> challenges) {
    Matcher part = PART.matcher(header);
    Optional<Challenge> current = Optional.empty();
    while (part.find()) {
      String name = part.group(1).toLowerCase(Locale.ROOT);
      String quoted = part.group(2);
      String value = quoted == null ? part.group(3) : quoted.replaceAll("\\\\(.)", "$1");
      if (value == null) {
        current = Optional.of(new Challenge(name, new HashMap<>()));
        challenges.add(current.get());
      } else if (current.isPresent()) {
        current.get().parameters().putIfAbsent(name, value);
      }
    }
  }

  static Optional<Challenge> of(String scheme, List<Challenge> challenges) {
    return challenges.stream().filter(c -> c.scheme().equals(scheme)).findFirst();
  }
}
