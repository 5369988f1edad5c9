package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A resource limit, setrlimit(2).
 *
 * @param type for example {@code RLIMIT_NOFILE}
 * @param hard as an unsigned number; -1 is RLIM_INFINITY
 * @param soft likewise
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciRlimit(String type, long hard, long soft) {
  public OciRlimit {
    type = type == null ? "" : type;
  }
}
