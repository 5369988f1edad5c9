package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * One mount, {@code mounts[]}.
 *
 * @param destination absolute, in the container
 * @param type a file system, or {@code bind}
 * @param source for binds, a path of the host
 * @param options as of mount(8)
 * @param uidMappings the ids of an idmapped mount
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciMount(
    String destination,
    String type,
    String source,
    List<String> options,
    List<OciIdMapping> uidMappings,
    List<OciIdMapping> gidMappings) {
  public OciMount {
    destination = destination == null ? "" : destination;
    type = type == null ? "" : type;
    source = source == null ? "" : source;
    options = options == null ? List.of() : List.copyOf(options);
    uidMappings = uidMappings == null ? List.of() : List.copyOf(uidMappings);
    gidMappings = gidMappings == null ? List.of() : List.copyOf(gidMappings);
  }

  /** The same of another source. */
  public OciMount withSource(String path) {
    return new OciMount(destination, type, path, options, uidMappings, gidMappings);
  }
}
