package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/** The root file system, {@code root}. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciRoot(String path, boolean readonly) {
  public OciRoot {
    path = path == null ? "" : path;
  }
}
