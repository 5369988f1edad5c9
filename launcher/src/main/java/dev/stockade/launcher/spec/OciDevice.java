package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A device node to make, {@code linux.devices[]}.
 *
 * @param path absolute, in the container
 * @param type c, u, b or p
 * @param fileMode permission bits; absent: 0666
 * @param uid absent: 0
 * @param gid absent: 0
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciDevice(
    String path,
    String type,
    long major,
    long minor,
    @Nullable Integer fileMode,
    @Nullable Long uid,
    @Nullable Long gid) {
  public OciDevice {
    path = path == null ? "" : path;
    type = type == null ? "" : type;
  }
}
