package dev.stockade.launcher.engine;

import dev.stockade.launcher.plan.HostFacts;

/** This host's facts, made to be those of another kernel. */
final class ForcedFacts {
  private ForcedFacts() {}

  static HostFacts untraced(HostFacts facts) {
    return facts.with(HostFacts.Tracing.impossible("kernel.yama.ptrace_scope is 3"));
  }

  static HostFacts appArmor(HostFacts facts) {
    return of(facts, true, facts.overlayLayersByFd(), facts.overlayDetachedLayers());
  }

  static HostFacts overlay(HostFacts facts, boolean layersByFd, boolean detachedLayers) {
    return of(facts, facts.appArmor(), layersByFd, detachedLayers);
  }

  private static HostFacts of(
      HostFacts facts, boolean appArmor, boolean layersByFd, boolean detachedLayers) {
    return new HostFacts(
        facts.kernelRelease(),
        facts.arch(),
        facts.lastCapability(),
        facts.bounding(),
        facts.effective(),
        facts.securityModules(),
        appArmor,
        facts.seLinux(),
        facts.tracing(),
        facts.cgroupMount(),
        facts.cgroupControllers(),
        facts.devicePrograms(),
        facts.namespaces(),
        facts.fileSystems(),
        facts.maxUserNamespaces(),
        facts.idmapObstacle(),
        layersByFd,
        detachedLayers,
        facts.recursiveReadOnly(),
        facts.landlockAbi(),
        facts.yamaScope(),
        facts.seccompActions(),
        facts.seccompFlags());
  }
}
