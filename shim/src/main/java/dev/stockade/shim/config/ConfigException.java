package dev.stockade.shim.config;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; the message has one line per problem. */
public final class ConfigException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final transient List<ConfigProblem> problems;

  ConfigException(List<ConfigProblem> problems) {
    super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Every problem there is, in the order of files and lines. */
  public List<ConfigProblem> problems() {
    return problems;
  }
}
