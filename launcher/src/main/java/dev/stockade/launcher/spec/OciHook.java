package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program the specification wants run at a point of the life cycle.
 *
 * @param path absolute
 * @param args the first is what the program finds as its own name; empty for the path alone
 * @param env {@code NAME=value}, all of its environment
 * @param timeout seconds after which it has failed; null for none of its own
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciHook(String path, List<String> args, List<String> env, @Nullable Integer timeout) {
  public OciHook {
    path = path == null ? "" : path;
    args = args == null ? List.of() : List.copyOf(args);
    env = env == null ? List.of() : List.copyOf(env);
  }

  /** Without the environment, which may hold secrets. */
  @Override
  public String toString() {
    return "OciHook[" + path + "]";
  }
}
