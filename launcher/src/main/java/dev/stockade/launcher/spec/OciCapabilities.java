package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** The five capability sets by name, {@code process.capabilities}. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciCapabilities(
    List<String> bounding,
    List<String> effective,
    List<String> permitted,
    List<String> inheritable,
    List<String> ambient) {
  public OciCapabilities {
    bounding = bounding == null ? List.of() : List.copyOf(bounding);
    effective = effective == null ? List.of() : List.copyOf(effective);
    permitted = permitted == null ? List.of() : List.copyOf(permitted);
    inheritable = inheritable == null ? List.of() : List.copyOf(inheritable);
    ambient = ambient == null ? List.of() : List.copyOf(ambient);
  }
}
