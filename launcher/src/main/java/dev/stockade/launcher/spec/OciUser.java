package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The identity, in ids of the container's user namespace.
 *
 * @param umask absent: 0022
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciUser(long uid, long gid, @Nullable Integer umask, List<Long> additionalGids) {
  public OciUser {
    additionalGids = additionalGids == null ? List.of() : List.copyOf(additionalGids);
  }
}
