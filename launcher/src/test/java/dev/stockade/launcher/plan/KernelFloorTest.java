package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.seccomp.Action;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KernelFloorTest {
  private static HostFacts host(
      String release, Optional<Path> cgroups, boolean setattr, Set<Action> actions) {
    HostFacts any = SpecDraft.container().facts();
    return new HostFacts(
        release,
        any.arch(),
        any.lastCapability(),
        any.bounding(),
        any.securityModules(),
        any.appArmor(),
        any.seLinux(),
        any.tracing(),
        cgroups,
        any.cgroupControllers(),
        any.idmappedMounts(),
        any.overlayLayersByFd(),
        any.overlayDetachedLayers(),
        setattr,
        any.timeNamespaces(),
        any.landlockAbi(),
        any.yamaScope(),
        actions);
  }

  private static HostFacts release(String release) {
    return host(release, Optional.of(Path.of("/sys/fs/cgroup")), true, Set.of(Action.ALLOW));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"6.12", "6.12.0", "6.12-rc1", "6.12.48+deb13-cloud-amd64", "6.100.1", "7.0.0"})
  void willDo(String release) {
    assertThat(KernelFloor.missing(release(release))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.11.9", "6.1.0-40-amd64", "5.15.0", "6.2.12", "", "6", "six.twelve"})
  void tooOldOrUnknown(String release) {
    assertThat(KernelFloor.missing(release(release)))
        .singleElement()
        .asString()
        .startsWith("Linux 6.12 or later (" + release + " is running");
  }

  @Test
  void everythingThatIsMissingIsTold() {
    HostFacts bare = host("5.10.0", Optional.empty(), false, Set.of());
    assertThat(KernelFloor.missing(bare))
        .satisfiesExactly(
            one -> assertThat(one).startsWith("Linux 6.12"),
            two -> assertThat(two).startsWith("a cgroup2 file system"),
            three -> assertThat(three).startsWith("seccomp filters"),
            four -> assertThat(four).startsWith("mount_setattr(2)"));
  }
}
