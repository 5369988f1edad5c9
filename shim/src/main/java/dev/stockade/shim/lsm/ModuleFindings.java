package dev.stockade.shim.lsm;

import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What the security modules of this node are to containers, for people. */
public final class ModuleFindings {
  private static final String APPARMOR = "AppArmor";
  private static final String SELINUX = "SELinux";
  private static final String OFF = "not enabled";

  private ModuleFindings() {}

  /**
   * One of each.
   *
   * @param selinux empty where the kernel does not have it
   */
  public static List<Finding> of(AppArmor appArmor, Optional<Selinux> selinux) throws IOException {
    return List.of(
        appArmor.defaultProfile().isPresent() ? of(appArmor) : withoutAppArmor(),
        selinux.isPresent() ? of(selinux.get()) : withoutSelinux());
  }

  private static Finding of(AppArmor appArmor) throws IOException {
    String modes = LoadedProfiles.read().map(LoadedProfiles::modes).orElse("unknown");
    return appArmor(modes, appArmor.defaultProfile().flatMap(appArmor::obstacle));
  }

  static Finding appArmor(String modes, Optional<Obstacle> ofDefault) {
    String found = "enabled, profiles: " + modes;
    return ofDefault
        .map(
            obstacle ->
                new Finding(
                    APPARMOR,
                    State.LIMITED,
                    found + "; the default profile " + obstacle.reason(),
                    obstacle.remedy() + "; until then containers that get it are refused"))
        .orElse(new Finding(APPARMOR, State.YES, found, ""));
  }

  static Finding of(Selinux selinux) throws IOException {
    Optional<Obstacle> refusal = selinux.refusal();
    Optional<Obstacle> obstacle = refusal.isPresent() ? refusal : selinux.obstacle();
    State less = refusal.isPresent() ? State.NO : State.LIMITED;
    return obstacle
        .map(why -> new Finding(SELINUX, less, why.reason(), why.remedy()))
        .orElse(new Finding(SELINUX, State.YES, "enforcing", ""));
  }

  private static Finding withoutAppArmor() {
    return new Finding(
        APPARMOR,
        State.LIMITED,
        OFF,
        "boot with security=apparmor apparmor=1 if this node is to have it");
  }

  private static Finding withoutSelinux() {
    return new Finding(
        SELINUX,
        State.LIMITED,
        OFF,
        "boot with security=selinux selinux=1 enforcing=1 if this node is to have it");
  }
}
