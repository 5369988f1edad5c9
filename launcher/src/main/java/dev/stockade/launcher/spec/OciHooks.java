package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/** Hooks of the specification, by stage. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciHooks(
    List<OciHook> prestart,
    List<OciHook> createRuntime,
    List<OciHook> createContainer,
    List<OciHook> startContainer,
    List<OciHook> poststart,
    List<OciHook> poststop) {
  public OciHooks {
    prestart = prestart == null ? List.of() : List.copyOf(prestart);
    createRuntime = createRuntime == null ? List.of() : List.copyOf(createRuntime);
    createContainer = createContainer == null ? List.of() : List.copyOf(createContainer);
    startContainer = startContainer == null ? List.of() : List.copyOf(startContainer);
    poststart = poststart == null ? List.of() : List.copyOf(poststart);
    poststop = poststop == null ? List.of() : List.copyOf(poststop);
  }

  /** Those of each stage. */
  public static OciHooks of(Map<HookStage, List<OciHook>> hooks) {
    return new OciHooks(
        hooks.getOrDefault(HookStage.PRESTART, List.of()),
        hooks.getOrDefault(HookStage.CREATE_RUNTIME, List.of()),
        hooks.getOrDefault(HookStage.CREATE_CONTAINER, List.of()),
        hooks.getOrDefault(HookStage.START_CONTAINER, List.of()),
        hooks.getOrDefault(HookStage.POSTSTART, List.of()),
        hooks.getOrDefault(HookStage.POSTSTOP, List.of()));
  }

  /** Whether there is none at all. */
  @JsonIgnore
  public boolean none() {
    return prestart.isEmpty()
        && createRuntime.isEmpty()
        && createContainer.isEmpty()
        && startContainer.isEmpty()
        && poststart.isEmpty()
        && poststop.isEmpty();
  }
}
