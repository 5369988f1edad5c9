package dev.stockade.shim.oci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerMetadata;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.KernelFloor;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.FilterFlag;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.image.ImageConfig;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerIntentReader;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.PodIntentReader;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What is built of requests for containers of one image in one pod. */
final class BuiltSpec {
  static final String ID = "cd".repeat(32);
  private static final CapabilitySet DEFAULTS =
      CapabilitySet.parse(
          List.of("CHOWN", "KILL", "NET_RAW"), CapabilitySet.NONE, new ArrayList<>());

  private static final HostFacts FACTS =
      new HostFacts(
          "6.18.0",
          Arch.X86_64,
          40,
          CapabilitySet.upTo(40),
          CapabilitySet.upTo(40),
          Set.of("capability", "landlock"),
          false,
          false,
          HostFacts.Tracing.POSSIBLE,
          Optional.of(Path.of("/sys/fs/cgroup")),
          Set.of("memory", "pids"),
          true,
          Set.of("mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time"),
          KernelFloor.FILE_SYSTEMS,
          1000,
          Optional.empty(),
          true,
          true,
          true,
          7,
          0,
          Set.of(Action.values()),
          Set.of(FilterFlag.values()));

  static final PodContext POD =
      new PodContext(
          "ab".repeat(32),
          "web",
          Map.of("net.ipv4.ip_forward", "1"),
          Map.of(
              "network", Path.of("/run/s/pods/p/net"),
              "ipc", Path.of("/run/s/pods/p/ipc"),
              "uts", Path.of("/run/s/pods/p/uts"),
              "pid", Path.of("/run/s/pods/p/pid")),
          false,
          Map.of("/etc/hosts", Path.of("/run/s/pods/p/hosts")),
          Path.of("/run/s/pods/p/shm"),
          "/stockade/p",
          List.of(),
          List.of(),
          Optional.of(new SelinuxLabels("u:r:p:s0:c3,c4", "u:r:f:s0:c3,c4")));

  private static final ImageConfig IMAGE =
      new ImageConfig(
          "amd64",
          "linux",
          Optional.empty(),
          Optional.empty(),
          List.of("PATH=/opt/bin", "LANG=C", "HOME="),
          List.of("/entry"),
          List.of("serve", "--fast"),
          Optional.of("srv"),
          Map.of(),
          Optional.empty(),
          Set.of(),
          Set.of(),
          List.of());

  private BuiltSpec() {}

  static ContainerConfig.Builder config() {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName("c"))
        .setImage(ImageSpec.newBuilder().setImage("i"));
  }

  static ContainerConfig.Builder config(LinuxContainerSecurityContext.Builder security) {
    return config().setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security));
  }

  static LinuxContainerSecurityContext.Builder security() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  static OciSpec build(ContainerConfig.Builder config) {
    return build(config, POD, List.of());
  }

  static OciSpec build(ContainerConfig.Builder config, PodContext pod, List<DeviceNode> devices) {
    return build(config, pod, devices, true);
  }

  static OciSpec build(
      ContainerConfig.Builder config,
      PodContext pod,
      List<DeviceNode> devices,
      boolean hostDevices) {
    PodSandboxConfig sandbox =
        PodSandboxConfig.newBuilder()
            .setMetadata(PodSandboxMetadata.newBuilder().setName("web"))
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder().setPrivileged(true)))
            .build();
    try {
      ContainerIntent intent =
          ContainerIntentReader.read(config.build(), PodIntentReader.read(sandbox));
      Identity identity = new Identity(1000, 1000, List.of(5L, 2L, 5L), "/home/app");
      OciSpec spec =
          new OciSpecBuilder(
                  new NodeDefaults(DEFAULTS, false, hostDevices), FACTS, Path.of("/run/s/root"))
              .build(
                  ID,
                  intent,
                  intent.resources(),
                  pod,
                  new ContainerMaterials(
                      IMAGE,
                      identity,
                      Optional.empty(),
                      "",
                      devices,
                      Optional.of(new SelinuxLabels("u:r:p:s0:c1,c2", "u:r:f:s0:c1,c2")),
                      Optional.empty(),
                      Map.of()));
      assertThat(OciJson.read(OciJson.write(spec))).isEqualTo(spec);
      return spec;
    } catch (IntentRejection e) {
      throw new AssertionError(e);
    }
  }

  static OciProcess process(ContainerConfig.Builder config) {
    return Objects.requireNonNull(build(config).process());
  }

  static OciLinux linux(ContainerConfig.Builder config) {
    return Objects.requireNonNull(build(config).linux());
  }

  static List<String> option(OciSpec spec, String target) {
    return spec.mounts().stream()
        .filter(mount -> mount.destination().equals(target))
        .findFirst()
        .map(OciMount::options)
        .orElse(List.of());
  }
}
