package dev.stockade.shim.oci;

import static dev.stockade.shim.oci.BuiltSpec.ID;
import static dev.stockade.shim.oci.BuiltSpec.build;
import static dev.stockade.shim.oci.BuiltSpec.config;
import static dev.stockade.shim.oci.BuiltSpec.linux;
import static dev.stockade.shim.oci.BuiltSpec.option;
import static dev.stockade.shim.oci.BuiltSpec.process;
import static dev.stockade.shim.oci.BuiltSpec.security;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciHugepageLimit;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class OciSpecBuilderTest {
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
  void privilegedKeepsAmbientCapabilitiesAndAddsWhatIsNamed() {
    Capability.Builder asked =
        Capability.newBuilder()
            .addAddAmbientCapabilities("NET_BIND_SERVICE")
            .addAddAmbientCapabilities("SYS_TIME")
            .addDropCapabilities("SYS_TIME")
            .addDropCapabilities("KILL");
    var sets =
        Objects.requireNonNull(
            process(config(security().setPrivileged(true).setCapabilities(asked))).capabilities());
    assertThat(sets.ambient()).containsExactly("CAP_NET_BIND_SERVICE");
    assertThat(sets.inheritable()).isEqualTo(sets.ambient());
    assertThat(sets.bounding()).contains("CAP_KILL", "CAP_SYS_TIME");
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
