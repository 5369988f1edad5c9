package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code syscalls} in a profile.
 *
 * @param names the calls it is about, at least one
 * @param action what happens to a call that meets the conditions
 * @param errnoRet the data of ERRNO and TRACE, EPERM if absent; not allowed with another action
 * @param args the conditions, all of which must hold; see {@link #alternatives()} for the exception
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonPropertyOrder({"names", "action", "errnoRet", "args"})
public record Rule(
    @JsonProperty(value = "names", required = true) List<String> names,
    @JsonProperty(value = "action", required = true) Action action,
    @JsonProperty("errnoRet") @Nullable Integer errnoRet,
    @JsonProperty("args") List<Condition> args) {
  public Rule {
    names = names == null ? List.of() : List.copyOf(names);
    args = args == null ? List.of() : List.copyOf(args);
  }

  public static Rule of(Action action, List<String> names, Condition... args) {
    return new Rule(names, action, null, List.of(args));
  }

  /** What the rule decides. */
  @JsonIgnore
  public Verdict verdict() {
    return verdict(action, errnoRet);
  }

  static Verdict verdict(Action action, @Nullable Integer errnoRet) {
    return new Verdict(action, errnoRet == null ? Verdict.EPERM : errnoRet);
  }

  /**
   * The sets of conditions of which one must hold entirely; one empty set if there are no
   * conditions. There is one set, except where an argument appears in two conditions: then every
   * condition is a set of its own, because runc reads it so (libseccomp cannot hold two conditions
   * on one argument) and profiles rely on it.
   */
  @JsonIgnore
  public List<List<Condition>> alternatives() {
    boolean repeats = args.stream().map(Condition::index).distinct().count() < args.size();
    return repeats ? args.stream().map(List::of).toList() : List.of(args);
  }
}
