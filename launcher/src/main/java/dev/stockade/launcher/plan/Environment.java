package dev.stockade.launcher.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Variables of a process as {@code NAME=value}. */
public final class Environment {
  private Environment() {}

  /** Each name once, with the last value it has, at the place of that. */
  static List<String> unique(List<String> variables) {
    Map<String, String> unique = new LinkedHashMap<>();
    for (String variable : variables) {
      String name = variable.split("=", 2)[0];
      unique.remove(name);
      unique.put(name, variable);
    }
    return List.copyOf(unique.values());
  }

  /** The directories a program is looked for in: the last that are given. */
  public static Optional<String> path(List<String> variables) {
    String name = "PATH=";
    return variables.stream()
        .filter(variable -> variable.startsWith(name))
        .map(variable -> variable.substring(name.length()))
        .reduce((first, last) -> last);
  }
}
