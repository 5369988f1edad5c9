package dev.stockade.launcher.spec;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Points of a container's life cycle at which hooks are run, in their order. */
public enum HookStage {
  /** As {@link #CREATE_RUNTIME}; the name of earlier specifications. */
  PRESTART("prestart"),
  /** The environment is made, the program not started: on the host. */
  CREATE_RUNTIME("createRuntime"),
  /** Right after: a program of the host, in namespaces of the container. */
  CREATE_CONTAINER("createContainer"),
  /** Last before the program starts: a program of the container. */
  START_CONTAINER("startContainer"),
  /** The program has been started: on the host. */
  POSTSTART("poststart"),
  /** The container is gone: on the host. */
  POSTSTOP("poststop");

  /** All that run before the program does. */
  public static final List<HookStage> BEFORE_PROGRAM =
      List.of(PRESTART, CREATE_RUNTIME, CREATE_CONTAINER, START_CONTAINER);

  private final String ociName;

  HookStage(String ociName) {
    this.ociName = ociName;
  }

  /** As the specification calls it. */
  public String ociName() {
    return ociName;
  }

  /** The stage of this name in the specification. */
  public static Optional<HookStage> of(String ociName) {
    return Arrays.stream(values()).filter(stage -> stage.ociName.equals(ociName)).findFirst();
  }

  /** The hooks a spec has for it. */
  public List<OciHook> of(OciSpec spec) {
    OciHooks hooks = spec.hooks();
    if (hooks == null) {
      return List.of();
    }
    return switch (this) {
      case PRESTART -> hooks.prestart();
      case CREATE_RUNTIME -> hooks.createRuntime();
      case CREATE_CONTAINER -> hooks.createContainer();
      case START_CONTAINER -> hooks.startContainer();
      case POSTSTART -> hooks.poststart();
      case POSTSTOP -> hooks.poststop();
    };
  }

  @Override
  public String toString() {
    return ociName;
  }
}
