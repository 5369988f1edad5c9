package dev.stockade.launcher.engine;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.OciSpec;
import java.util.Set;

/** What the engine needs to know of a request beside its plan. */
record LaunchSubject(
    LaunchKind kind,
    String id,
    OciSpec spec,
    Set<Constraint> mayDegrade,
    HostFacts.Tracing tracing,
    boolean detachedLayers) {
  static LaunchSubject of(LaunchRequest request) {
    return new LaunchSubject(
        request.kind(),
        request.id(),
        request.spec(),
        request.mayDegrade(),
        request.facts().tracing(),
        request.facts().overlayDetachedLayers());
  }

  LaunchSubject with(HostFacts.Tracing other) {
    return new LaunchSubject(kind, id, spec, mayDegrade, other, detachedLayers);
  }

  LaunchSubject inCgroup(String path) {
    return new LaunchSubject(kind, id, spec.withCgroup(path), mayDegrade, tracing, detachedLayers);
  }
}
