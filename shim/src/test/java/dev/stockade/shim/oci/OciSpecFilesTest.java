package dev.stockade.shim.oci;

import static dev.stockade.shim.oci.BuiltSpec.POD;
import static dev.stockade.shim.oci.BuiltSpec.build;
import static dev.stockade.shim.oci.BuiltSpec.config;
import static dev.stockade.shim.oci.BuiltSpec.linux;
import static dev.stockade.shim.oci.BuiltSpec.option;
import static dev.stockade.shim.oci.BuiltSpec.security;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Mount;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Root, mounts and devices. */
final class OciSpecFilesTest {
  @Test
  void theRootIsWhereItIsAttached() {
    assertThat(Objects.requireNonNull(build(config()).root()).path()).isEqualTo("/run/s/root");
  }

  @Test
  void privilegedWithoutHostDevicesHasThoseItAsksForOnly() {
    DeviceNode kmsg = new DeviceNode("/dev/kmsg", 'c', 1, 11, 0600, 0, 0, "r");
    OciSpec spec = build(config(security().setPrivileged(true)), POD, List.of(kmsg), false);
    assertThat(Objects.requireNonNull(Objects.requireNonNull(spec.linux()).resources()).devices())
        .startsWith(new OciDeviceRule(false, "a", null, null, "rwm"))
        .endsWith(new OciDeviceRule(true, "c", 1L, 11L, "r"));
  }

  /** The container of {@link BuiltSpec} has another level than its pod. */
  @Test
  void queuesHaveTheContextOfThePod() {
    assertThat(linux(config()).mountLabel()).isEqualTo("u:r:f:s0:c1,c2");
    assertThat(option(build(config()), "/dev/mqueue"))
        .containsExactly("nosuid", "noexec", "nodev", "context=u:r:f:s0:c3,c4");
    PodContext hosts =
        new PodContext(
            POD.id(),
            POD.hostname(),
            Map.of(),
            Map.of("uts", Path.of("/run/s/pods/p/uts")),
            true,
            POD.files(),
            POD.sharedMemory(),
            POD.cgroup(),
            List.of(),
            List.of(),
            POD.selinux());
    assertThat(option(build(config(), hosts, List.of()), "/dev/mqueue"))
        .containsExactly("nosuid", "noexec", "nodev");
  }

  private static Mount.Builder mount(String target) {
    return Mount.newBuilder().setContainerPath(target).setHostPath("/host");
  }

  @Test
  void requestedMountsReplaceDefaultsAndFollowDepth() {
    List<String> targets =
        build(
                config()
                    .addMounts(mount("/etc/hosts"))
                    .addMounts(mount("/a/b/c"))
                    .addMounts(mount("/a")))
            .mounts()
            .stream()
            .map(OciMount::destination)
            .toList();
    assertThat(targets).containsOnlyOnce("/etc/hosts").containsSubsequence("/a", "/a/b/c");
    assertThat(targets)
        .containsSubsequence("/dev", "/dev/pts")
        .containsSubsequence("/sys", "/sys/fs/cgroup");
    List<String> withDev =
        build(config().addMounts(mount("/dev"))).mounts().stream()
            .map(OciMount::destination)
            .toList();
    assertThat(withDev).containsOnlyOnce("/dev").noneMatch(target -> target.startsWith("/dev/"));
  }

  @Test
  void bindOptionsSayWhatWasAsked() {
    assertThat(option(build(config().addMounts(mount("/m").setReadonly(true))), "/m"))
        .containsExactly("rbind", "rprivate", "ro");
    assertThat(
            option(
                build(config().addMounts(mount("/m").setReadonly(true).setRecursiveReadOnly(true))),
                "/m"))
        .containsExactly("rbind", "rprivate", "rro");
  }

  @Test
  void devicesAreMadeAndAllowed() {
    DeviceNode fuse = new DeviceNode("/dev/fuse", 'c', 10, 229, 0660, 0, 0, "rw");
    OciLinux linux = Objects.requireNonNull(build(config(), POD, List.of(fuse, fuse)).linux());
    assertThat(linux.devices())
        .containsExactly(new OciDevice("/dev/fuse", "c", 10, 229, 0660, 0L, 0L));
    assertThat(Objects.requireNonNull(linux.resources()).devices())
        .startsWith(new OciDeviceRule(false, "a", null, null, "rwm"))
        .contains(new OciDeviceRule(true, "c", 10L, 229L, "rw"));
  }
}
