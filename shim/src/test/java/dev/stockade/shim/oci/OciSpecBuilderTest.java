package dev.stockade.shim.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerMetadata;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.KernelFloor;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.FilterFlag;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciHugepageLimit;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciNamespace;
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
import org.junit.jupiter.api.Test;

class OciSpecBuilderTest {
  private static final String ID = "cd".repeat(32);
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
          true,
          true,
          true,
          7,
          0,
          Set.of(Action.values()),
          Set.of(FilterFlag.values()));

  private static final PodContext POD =
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
          List.of("PATH=/opt/bin", "LANG=C", "HOME="),
          List.of("/entry"),
          List.of("serve", "--fast"),
          Optional.of("srv"),
          Map.of(),
          Optional.empty(),
          Set.of(),
          Set.of(),
          List.of());

  private static ContainerConfig.Builder config() {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName("c"))
        .setImage(ImageSpec.newBuilder().setImage("i"));
  }

  private static ContainerConfig.Builder config(LinuxContainerSecurityContext.Builder security) {
    return config().setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security));
  }

  private static LinuxContainerSecurityContext.Builder security() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  private static OciSpec build(ContainerConfig.Builder config) {
    return build(config, POD, List.of());
  }

  private static OciSpec build(
      ContainerConfig.Builder config, PodContext pod, List<DeviceNode> devices) {
    return build(config, pod, devices, true);
  }

  private static OciSpec build(
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

  private static OciProcess process(ContainerConfig.Builder config) {
    return Objects.requireNonNull(build(config).process());
  }

  private static OciLinux linux(ContainerConfig.Builder config) {
    return Objects.requireNonNull(build(config).linux());
  }

  @Test
  void contextsAreThoseThatWereChosen() {
    assertThat(process(config()).selinuxLabel()).isEqualTo("u:r:p:s0:c1,c2");
    assertThat(linux(config()).mountLabel()).isEqualTo("u:r:f:s0:c1,c2");
  }

  @Test
  void argumentsFollowKubernetes() {
    assertThat(process(config()).args()).containsExactly("/entry", "serve", "--fast");
    assertThat(process(config().addArgs("x")).args()).containsExactly("/entry", "x");
    assertThat(process(config().addCommand("/sh")).args()).containsExactly("/sh");
    assertThat(process(config().addCommand("/sh").addArgs("-c")).args())
        .containsExactly("/sh", "-c");
  }

  @Test
  void theEnvironmentIsLayered() {
    assertThat(
            process(
                    config()
                        .setTty(true)
                        .addEnvs(
                            KeyValue.newBuilder()
                                .setKey("LANG")
                                .setValue(ByteString.copyFromUtf8("de=DE"))))
                .env())
        .containsExactlyInAnyOrder(
            "PATH=/opt/bin", "HOSTNAME=web", "TERM=xterm", "LANG=de=DE", "HOME=/home/app");
  }

  @Test
  void whatThePodsNamespacesHaveIsAskedForToo() {
    OciSpec spec = build(config());
    assertThat(spec.hostname()).isEqualTo("web");
    assertThat(linux(config()).sysctl()).isEqualTo(Map.of("net.ipv4.ip_forward", "1"));
  }

  @Test
  void theRootIsWhereItIsAttached() {
    assertThat(Objects.requireNonNull(build(config()).root()).path()).isEqualTo("/run/s/root");
  }

  @Test
  void theWorkingDirectoryIsTheImagesUnlessGiven() {
    assertThat(process(config()).cwd()).isEqualTo("/srv");
    assertThat(process(config().setWorkingDir("/data")).cwd()).isEqualTo("/data");
  }

  @Test
  void thePrimaryGroupIsAlwaysAmongTheGroups() {
    assertThat(process(config()).user().additionalGids()).containsExactly(2L, 5L, 1000L);
  }

  private static List<String> granted(Capability.Builder capability) {
    var sets =
        Objects.requireNonNull(
            process(config(security().setCapabilities(capability))).capabilities());
    assertThat(sets.effective()).isEqualTo(sets.bounding());
    assertThat(sets.permitted()).isEqualTo(sets.bounding());
    assertThat(sets.inheritable()).isEqualTo(sets.ambient());
    return sets.bounding();
  }

  @Test
  void capabilitiesAreAddedThenDropped() {
    assertThat(granted(Capability.newBuilder()))
        .containsExactly("CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW");
    assertThat(
            granted(
                Capability.newBuilder()
                    .addAddCapabilities("SYS_TIME")
                    .addAddCapabilities("KILL")
                    .addDropCapabilities("KILL")))
        .containsExactly("CAP_CHOWN", "CAP_NET_RAW", "CAP_SYS_TIME");
    assertThat(
            granted(
                Capability.newBuilder()
                    .addDropCapabilities("ALL")
                    .addAddCapabilities("NET_BIND_SERVICE")))
        .containsExactly("CAP_NET_BIND_SERVICE");
    assertThat(
            granted(Capability.newBuilder().addAddCapabilities("ALL").addDropCapabilities("KILL")))
        .hasSize(40)
        .doesNotContain("CAP_KILL");
    assertThat(
            granted(Capability.newBuilder().addAddCapabilities("ALL").addDropCapabilities("ALL")))
        .isEmpty();
  }

  @Test
  void ambientCapabilitiesAreInheritableToo() {
    var sets =
        Objects.requireNonNull(
            process(
                    config(
                        security()
                            .setCapabilities(
                                Capability.newBuilder()
                                    .addAddAmbientCapabilities("NET_BIND_SERVICE")
                                    .addAddAmbientCapabilities("SYS_TIME")
                                    .addDropCapabilities("SYS_TIME"))))
                .capabilities());
    assertThat(sets.ambient()).containsExactly("CAP_NET_BIND_SERVICE");
    assertThat(sets.inheritable()).containsExactly("CAP_NET_BIND_SERVICE");
    assertThat(sets.bounding()).contains("CAP_NET_BIND_SERVICE").doesNotContain("CAP_SYS_TIME");
  }

  @Test
  void seccompDependsOnWhatWasAsked() {
    assertThat(linux(config()).seccomp()).isNull();
    SecurityProfile byDefault = SecurityProfile.getDefaultInstance();
    assertThat(linux(config(security().setSeccomp(byDefault))).seccomp()).isNotNull();
    assertThat(linux(config(security().setSeccomp(byDefault).setPrivileged(true))).seccomp())
        .isNull();
  }

  @Test
  void privilegedWithoutHostDevicesHasThoseItAsksForOnly() {
    DeviceNode kmsg = new DeviceNode("/dev/kmsg", 'c', 1, 11, 0600, 0, 0, "r");
    OciSpec spec = build(config(security().setPrivileged(true)), POD, List.of(kmsg), false);
    assertThat(Objects.requireNonNull(Objects.requireNonNull(spec.linux()).resources()).devices())
        .startsWith(new OciDeviceRule(false, "a", null, null, "rwm"))
        .endsWith(new OciDeviceRule(true, "c", 1L, 11L, "r"));
  }

  @Test
  void privilegedLiftsMasksAndNamespaces() {
    ContainerConfig.Builder privileged =
        config(security().setPrivileged(true).addMaskedPaths("/proc/kcore"));
    OciLinux linux = linux(privileged);
    assertThat(linux.maskedPaths()).isEmpty();
    assertThat(linux.namespaces()).doesNotContain(new OciNamespace("cgroup", ""));
    assertThat(Objects.requireNonNull(linux.resources()).devices())
        .containsExactly(new OciDeviceRule(true, "a", null, null, "rwm"));
    assertThat(Objects.requireNonNull(process(privileged).capabilities()).bounding()).hasSize(41);
    assertThat(option(build(privileged), "/sys")).contains("rw");
    assertThat(option(build(config()), "/sys")).contains("ro");
  }

  @Test
  void namespacesFollowTheModes() {
    assertThat(linux(config()).namespaces())
        .contains(new OciNamespace("pid", "/run/s/pods/p/pid"))
        .contains(new OciNamespace("network", "/run/s/pods/p/net"))
        .contains(new OciNamespace("mount", ""));
    NamespaceOption.Builder own = NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER);
    assertThat(linux(config(security().setNamespaceOptions(own))).namespaces())
        .contains(new OciNamespace("pid", ""));
  }

  /** The container of {@link #build} has another level than its pod. */
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

  private static List<String> option(OciSpec spec, String target) {
    return spec.mounts().stream()
        .filter(mount -> mount.destination().equals(target))
        .findFirst()
        .map(OciMount::options)
        .orElse(List.of());
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

  @Test
  void aZeroOfPagesNobodyCanGiveAsksForNothing() {
    LinuxContainerResources.Builder resources =
        LinuxContainerResources.newBuilder()
            .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB"))
            .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("1GB").setLimit(1 << 30));
    OciLinux linux =
        linux(config().setLinux(LinuxContainerConfig.newBuilder().setResources(resources)));
    assertThat(Objects.requireNonNull(linux.resources()).hugepageLimits())
        .containsExactly(new OciHugepageLimit("1GB", 1 << 30));
    assertThat(linux.cgroupsPath()).isEqualTo("/stockade/p/" + ID);
  }
}
