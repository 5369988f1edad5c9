package dev.stockade.shim.oci;

import static dev.stockade.shim.oci.BuiltSpec.build;
import static dev.stockade.shim.oci.BuiltSpec.config;
import static dev.stockade.shim.oci.BuiltSpec.security;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.shim.intent.ContainerIntentReader;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.PodIntentReader;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people are told of containers of user 1000 that may not be what they expect. */
class SurprisesTest {
  private static final String SECURITY = "linux.security_context.";
  private static final String ADDED = SECURITY + "capabilities.add_capabilities";

  private static PodSandboxConfig.Builder pod() {
    PodSandboxConfig.Builder pod =
        PodSandboxConfig.newBuilder().setMetadata(PodSandboxMetadata.newBuilder().setName("web"));
    pod.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    return pod;
  }

  private static Map<String, String> told(
      PodSandboxConfig.Builder sandbox, ContainerConfig.Builder container) throws IntentRejection {
    PodIntent pod = PodIntentReader.read(sandbox.build());
    Map<String, String> told = new TreeMap<>();
    Surprises.of(ContainerIntentReader.read(container.build(), pod), pod, build(container))
        .forEach(surprise -> told.put(surprise.field(), surprise.text()));
    return told;
  }

  private static Map<String, String> told(LinuxContainerSecurityContext.Builder asked)
      throws IntentRejection {
    return told(pod(), config(asked));
  }

  @Test
  void whatANonRootUserIsGivenAndDoesNotHave() throws Exception {
    Capability.Builder names = Capability.newBuilder().addAddCapabilities("NET_RAW");
    assertThat(told(security().setCapabilities(names)).get(ADDED))
        .contains("NET_RAW", "user 1000 has none of it", "add_ambient_capabilities");
    names.addAddAmbientCapabilities("NET_RAW");
    assertThat(told(security().setCapabilities(names))).doesNotContainKey(ADDED);
  }

  @Test
  void thatNothingIsFiltered() throws Exception {
    assertThat(told(security()).get(SECURITY + "seccomp")).contains("no system call is filtered");
    SecurityProfile.Builder filter =
        SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Unconfined);
    assertThat(told(security().setSeccomp(filter))).doesNotContainKey(SECURITY + "seccomp");
  }

  @Test
  void whatIsHiddenFromNobody() throws Exception {
    assertThat(told(security()))
        .containsKeys(SECURITY + "masked_paths", SECURITY + "readonly_paths");
    assertThat(told(security().addMaskedPaths("/proc/keys").addReadonlyPaths("/proc/sys")))
        .doesNotContainKeys(SECURITY + "masked_paths", SECURITY + "readonly_paths");
  }

  @Test
  void whatBeingPrivilegedOverrides() throws Exception {
    LinuxContainerSecurityContext.Builder asked =
        security().setPrivileged(true).setNoNewPrivs(true).addMaskedPaths("/proc/keys");
    asked.getSeccompBuilder().setProfileType(SecurityProfile.ProfileType.RuntimeDefault);
    asked.getApparmorBuilder().setProfileType(SecurityProfile.ProfileType.RuntimeDefault);
    asked.getCapabilitiesBuilder().addDropCapabilities("ALL");
    Map<String, String> told = told(asked);
    for (String field :
        new String[] {"seccomp", "apparmor", "masked_paths", "capabilities.drop_capabilities"}) {
      assertThat(told.get(SECURITY + field)).as(field).contains("has no effect");
    }
    assertThat(told.get(SECURITY + "no_new_privs")).contains("is in effect");
  }

  /** The list of the Kubernetes documentation. */
  @ParameterizedTest
  @CsvSource({
    "kernel.shm_rmid_forced, true",
    "net.ipv4.ip_local_port_range, true",
    "net.ipv4.tcp_syncookies, true",
    "net.ipv4.ping_group_range, true",
    "net.ipv4.ip_unprivileged_port_start, true",
    "net.ipv4.ip_local_reserved_ports, true",
    "net.ipv4.tcp_keepalive_time, true",
    "net.ipv4.tcp_fin_timeout, true",
    "net.ipv4.tcp_keepalive_intvl, true",
    "net.ipv4.tcp_keepalive_probes, true",
    "net.ipv4.tcp_rmem, true",
    "net.ipv4.tcp_wmem, true",
    "net.core.somaxconn, false",
    "kernel.msgmax, false",
  })
  void whichSysctlsKubernetesDoesNotCallSafe(String name, boolean safe) throws Exception {
    PodSandboxConfig.Builder pod = pod();
    pod.getLinuxBuilder().putSysctls(name, "1");
    Map<String, String> told = told(pod, config(security()));
    assertThat(told.containsKey("linux.sysctls[" + name + "]")).isEqualTo(!safe);
  }
}
