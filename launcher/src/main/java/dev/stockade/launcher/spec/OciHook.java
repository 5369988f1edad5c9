package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** A program the specification wants run at a point of the life cycle. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciHook(String path, List<String> args) {
  public OciHook {
    path = path == null ? "" : path;
    args = args == null ? List.of() : List.copyOf(args);
  }
}
