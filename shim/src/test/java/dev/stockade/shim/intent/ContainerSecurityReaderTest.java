package dev.stockade.shim.intent;

import static dev.stockade.shim.intent.Requests.container;
import static dev.stockade.shim.intent.Requests.pid;
import static dev.stockade.shim.intent.Requests.read;
import static dev.stockade.shim.intent.Requests.refusedFields;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.SELinuxOption;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.cri.v1.UserNamespace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerSecurityReaderTest {
  private static LinuxContainerSecurityContext.Builder security() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  private static Int64Value id(long value) {
    return Int64Value.newBuilder().setValue(value).build();
  }

  private static SecurityProfile profile(ProfileType type, String reference) {
    return SecurityProfile.newBuilder().setProfileType(type).setLocalhostRef(reference).build();
  }

  private static SecurityProfileIntent seccomp(LinuxContainerSecurityContext.Builder security)
      throws IntentRejection {
    return read(container(security)).security().seccomp();
  }

  @Test
  void capabilityNamesAreReadInAnyForm() throws IntentRejection {
    CapabilityIntent read =
        read(container(
                security()
                    .setCapabilities(
                        Capability.newBuilder()
                            .addAddCapabilities("net_admin")
                            .addAddCapabilities("CAP_SYS_TIME")
                            .addDropCapabilities("all")
                            .addAddAmbientCapabilities("NET_BIND_SERVICE"))))
            .security()
            .capabilities();
    assertThat(read.add().names()).containsExactly("NET_ADMIN", "SYS_TIME");
    assertThat(read.dropAll()).isTrue();
    assertThat(read.drop().names()).isEmpty();
    assertThat(read.addAll()).isFalse();
    assertThat(read.ambient().names()).containsExactly("NET_BIND_SERVICE");
  }

  @Test
  void refusesCapabilitiesThatAreNone() {
    assertThat(
            refusedFields(
                container(
                    security()
                        .setCapabilities(
                            Capability.newBuilder()
                                .addAddCapabilities("NET ADMIN")
                                .addDropCapabilities("")
                                .addAddAmbientCapabilities("ALL")))))
        .containsExactlyInAnyOrder(
            "linux.security_context.capabilities.add_capabilities[0]",
            "linux.security_context.capabilities.drop_capabilities[0]",
            "linux.security_context.capabilities.add_ambient_capabilities");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 2147483648L, 4294967295L, Long.MAX_VALUE, Long.MIN_VALUE})
  void idsBeyondThirtyOneBitsAreErrors(long number) {
    assertThat(refusedFields(container(security().setRunAsUser(id(number)))))
        .containsExactly("linux.security_context.run_as_user");
    assertThat(refusedFields(container(security().addSupplementalGroups(number))))
        .containsExactly("linux.security_context.supplemental_groups[0]");
  }

  @Test
  void aGroupNeedsAUser() throws IntentRejection {
    assertThat(refusedFields(container(security().setRunAsGroup(id(5)))))
        .containsExactly("linux.security_context.run_as_group");
    assertThat(refusedFields(container(security().setRunAsUser(id(5)).setRunAsUsername("www"))))
        .containsExactly("linux.security_context.run_as_username");
    UserIntent user =
        read(container(security().setRunAsUser(id(0)).setRunAsGroup(id(5)))).security().user();
    assertThat(user.uid()).hasValue(0);
    assertThat(user.gid()).hasValue(5);
  }

  @Test
  void anEmptyProfileMeansDefaultAndAnAbsentOneNothing() throws IntentRejection {
    assertThat(seccomp(security().setSeccomp(SecurityProfile.getDefaultInstance())))
        .isEqualTo(new SecurityProfileIntent.RuntimeDefault());
    assertThat(seccomp(security())).isEqualTo(new SecurityProfileIntent.Unset());
  }

  @Test
  @SuppressWarnings("deprecation")
  void theOldFieldAsksLikeTheStructuredOne() throws IntentRejection {
    assertThat(seccomp(security().setSeccompProfilePath("localhost//p.json")))
        .isEqualTo(new SecurityProfileIntent.Localhost("/p.json"));
    assertThat(seccomp(security().setSeccomp(profile(ProfileType.Localhost, "localhost//p.json"))))
        .isEqualTo(new SecurityProfileIntent.Localhost("/p.json"));
    assertThat(refusedFields(container(security().setSeccompProfilePath("default"))))
        .containsExactly("linux.security_context.seccomp_profile_path");
    assertThat(apparmor(security().setApparmorProfile("localhost/old")))
        .isEqualTo(new SecurityProfileIntent.Localhost("old"));
    assertThat(apparmor(security().setApparmorProfile("runtime/default")))
        .isEqualTo(new SecurityProfileIntent.RuntimeDefault());
    assertThat(apparmor(security())).isEqualTo(new SecurityProfileIntent.Unset());
  }

  /** A kubelet gives both; where they name different profiles, the structured one counts. */
  @ParameterizedTest
  @CsvSource({
    "RuntimeDefault, '', runtime/default",
    "RuntimeDefault, '', docker/default",
    "Unconfined, '', unconfined",
    "Localhost, /mine, localhost//mine",
    "Localhost, localhost//mine, localhost//mine",
    "Localhost, /mine, ''",
    "Localhost, /mine, localhost//other",
    "Localhost, /mine, unconfined",
    "RuntimeDefault, '', localhost//other",
    "RuntimeDefault, '', unconfined"
  })
  @SuppressWarnings("deprecation")
  void ofBothFieldsTheStructuredOneCounts(ProfileType type, String reference, String old)
      throws IntentRejection {
    SecurityProfile profile = profile(type, reference);
    assertThat(seccomp(security().setSeccomp(profile).setSeccompProfilePath(old)))
        .isEqualTo(seccomp(security().setSeccomp(profile)));
    assertThat(apparmor(security().setApparmor(profile).setApparmorProfile(old)))
        .isEqualTo(apparmor(security().setApparmor(profile)));
  }

  @ParameterizedTest
  @CsvSource({
    "Unconfined, '', runtime/default, is another profile than Unconfined of",
    "Unconfined, '', localhost/unconfined, is another profile than Unconfined of",
    "Unconfined, '', localhost//mine, is another profile than Unconfined of",
    "Localhost, /mine, mine, is not a profile",
    "Unconfined, '', Unconfined, is not a profile",
    "Unconfined, '', localhost/, is empty with profile type Localhost"
  })
  @SuppressWarnings("deprecation")
  void theStructuredOneMayNotUndoTheOther(
      ProfileType type, String reference, String old, String reason) {
    SecurityProfile profile = profile(type, reference);
    LinuxContainerSecurityContext.Builder seccomp =
        security().setSeccomp(profile).setSeccompProfilePath(old);
    LinuxContainerSecurityContext.Builder apparmor =
        security().setApparmor(profile).setApparmorProfile(old);
    assertThat(refusedFields(container(seccomp)))
        .containsExactly("linux.security_context.seccomp_profile_path");
    assertThat(refusedFields(container(apparmor)))
        .containsExactly("linux.security_context.apparmor_profile");
    assertThatThrownBy(() -> read(container(apparmor)))
        .isInstanceOf(IntentRejection.class)
        .hasMessageContaining(reason);
  }

  /** What the old one asks is no problem of its own where the structured one is wrong already. */
  @Test
  @SuppressWarnings("deprecation")
  void ofAWrongProfileOnlyThatIsSaid() {
    assertThat(
            refusedFields(
                container(
                    security()
                        .setApparmor(profile(ProfileType.Localhost, ""))
                        .setApparmorProfile("unconfined"))))
        .containsExactly("linux.security_context.apparmor.localhost_ref");
  }

  private static SecurityProfileIntent apparmor(LinuxContainerSecurityContext.Builder asked)
      throws IntentRejection {
    return read(container(asked)).security().apparmor();
  }

  @Test
  void aLocalhostProfileHasAName() {
    assertThat(refusedFields(container(security().setSeccomp(profile(ProfileType.Localhost, "")))))
        .containsExactly("linux.security_context.seccomp.localhost_ref");
    assertThat(
            refusedFields(
                container(security().setApparmor(profile(ProfileType.RuntimeDefault, "x")))))
        .containsExactly("linux.security_context.apparmor.localhost_ref");
    assertThat(refusedFields(container(security().setSeccomp(profile(ProfileType.Localhost, "p")))))
        .containsExactly("linux.security_context.seccomp.localhost_ref");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\nb", ":ns:a", "a//&b", "-a", "unconfined", "\u00e4"})
  @SuppressWarnings("deprecation")
  void anAppArmorProfileIsOneProfile(String name) throws IntentRejection {
    assertThat(
            refusedFields(container(security().setApparmor(profile(ProfileType.Localhost, name)))))
        .containsExactly("linux.security_context.apparmor.localhost_ref");
    assertThat(refusedFields(container(security().setApparmorProfile("localhost/" + name))))
        .containsExactly("linux.security_context.apparmor_profile");
    assertThat(
            read(container(security().setApparmor(profile(ProfileType.Localhost, "k8s/mine"))))
                .security()
                .apparmor())
        .isEqualTo(new SecurityProfileIntent.Localhost("k8s/mine"));
  }

  @Test
  void emptySelinuxOptionsAskForNothing() throws IntentRejection {
    assertThat(
            read(container(security().setSelinuxOptions(SELinuxOption.getDefaultInstance())))
                .security()
                .selinux())
        .isEmpty();
    assertThat(
            read(container(security().setSelinuxOptions(SELinuxOption.newBuilder().setType("t_t"))))
                .security()
                .selinux())
        .contains(new SelinuxIntent("", "", "t_t", ""));
  }

  @Test
  void selinuxOptionsThatNoContextCanHaveAreRefused() {
    String field = "linux.security_context.selinux_options.";
    assertThat(refused(SELinuxOption.newBuilder().setUser("a:b"))).containsExactly(field + "user");
    assertThat(refused(SELinuxOption.newBuilder().setRole("r\n").setType("t,rw")))
        .containsExactly(field + "role", field + "type");
    for (String level : List.of("c1,c2", "s0:c1,", "s0:1", "s0:c1-c2", "s0:c1,c2,context=x")) {
      assertThat(refused(SELinuxOption.newBuilder().setLevel(level)))
          .as(level)
          .containsExactly(field + "level");
    }
    assertThat(refused(SELinuxOption.newBuilder().setType("t".repeat(256))))
        .containsExactly(field + "type");
  }

  private static List<String> refused(SELinuxOption.Builder options) {
    return refusedFields(container(security().setSelinuxOptions(options)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"s0", "s0:c1,c2", "s0:c0.c1023", "s0-s0:c0.c1023", "s0:c1,c3.c5"})
  void everyFormOfALevelIsTaken(String level) throws IntentRejection {
    assertThat(
            read(container(
                    security().setSelinuxOptions(SELinuxOption.newBuilder().setLevel(level))))
                .security()
                .selinux())
        .contains(new SelinuxIntent("", "", "", level));
  }

  @Test
  void privilegedNeedsAPrivilegedPod() throws IntentRejection {
    assertThat(refusedFields(container(security().setPrivileged(true))))
        .containsExactly("linux.security_context.privileged");
    PodIntent pod =
        read(Requests.pod(LinuxSandboxSecurityContext.newBuilder().setPrivileged(true)));
    assertThat(
            ContainerIntentReader.read(container(security().setPrivileged(true)).build(), pod)
                .security()
                .privileged())
        .isTrue();
  }

  @Test
  void aContainerReachesNoFurtherThanItsPod() {
    assertThat(
            refusedFields(
                container(
                    security()
                        .setNamespaceOptions(
                            pid(NamespaceMode.NODE)
                                .setNetwork(NamespaceMode.NODE)
                                .setIpc(NamespaceMode.NODE)))))
        .containsExactly(
            "linux.security_context.namespace_options.network",
            "linux.security_context.namespace_options.ipc",
            "linux.security_context.namespace_options.pid");
  }

  @Test
  void aSharedPidNamespaceMustExist() throws IntentRejection {
    PodIntent pod =
        read(
            Requests.pod(
                LinuxSandboxSecurityContext.newBuilder()
                    .setNamespaceOptions(pid(NamespaceMode.CONTAINER))));
    IntentRejection refused =
        catchThrowableOfType(
            IntentRejection.class, () -> ContainerIntentReader.read(container().build(), pod));
    assertThat(refused.problems())
        .extracting(Problem::field)
        .containsExactly("linux.security_context.namespace_options.pid");
  }

  @Test
  void namespaceModesThatMakeNoSense() {
    NamespaceOption.Builder odd =
        pid(NamespaceMode.TARGET)
            .setTargetId("short")
            .setNetwork(NamespaceMode.CONTAINER)
            .setIpcValue(17);
    assertThat(refusedFields(container(security().setNamespaceOptions(odd))))
        .containsExactly(
            "linux.security_context.namespace_options.target_id",
            "linux.security_context.namespace_options.network",
            "linux.security_context.namespace_options.ipc");
  }

  private static UserNamespace.Builder user(long container, long host, long length) {
    IDMapping map =
        IDMapping.newBuilder()
            .setContainerId((int) container)
            .setHostId((int) host)
            .setLength((int) length)
            .build();
    return UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(map).addGids(map);
  }

  private static List<String> refusedPod(UserNamespace.Builder user) {
    return refusedFields(
        Requests.pod(
            LinuxSandboxSecurityContext.newBuilder()
                .setNamespaceOptions(NamespaceOption.newBuilder().setUsernsOptions(user))));
  }

  @Test
  void userNamespacesHaveOneRangeThatMapsRoot() {
    String field = "linux.security_context.namespace_options.userns_options";
    assertThat(refusedPod(user(0, 65536, 65536))).isEmpty();
    assertThat(refusedPod(user(1, 65536, 65536))).containsExactly(field + ".uids", field + ".gids");
    assertThat(refusedPod(user(0, 65536, 0)))
        .containsExactly(field + ".uids[0]", field + ".gids[0]");
    assertThat(refusedPod(user(0, 4294967295L, 2)))
        .containsExactly(field + ".uids[0]", field + ".gids[0]");
    assertThat(refusedPod(user(0, 65536, 65536).clearGids())).containsExactly(field + ".gids");
    assertThat(refusedPod(user(0, 65536, 65536).setMode(NamespaceMode.NODE)))
        .containsExactly(field);
    assertThat(refusedPod(user(0, 65536, 65536).setMode(NamespaceMode.CONTAINER)))
        .containsExactly(field + ".mode");
  }

  @Test
  void aContainerMayNotChooseOtherMapsThanItsPod() throws IntentRejection {
    PodIntent pod =
        read(
            Requests.pod(
                LinuxSandboxSecurityContext.newBuilder()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder().setUsernsOptions(user(0, 65536, 65536)))));
    NamespaceOption.Builder other =
        NamespaceOption.newBuilder().setUsernsOptions(user(0, 131072, 65536));
    IntentRejection refused =
        catchThrowableOfType(
            IntentRejection.class,
            () ->
                ContainerIntentReader.read(
                    container(security().setNamespaceOptions(other)).build(), pod));
    assertThat(refused).hasMessageContaining("userns_options");
    assertThat(ContainerIntentReader.read(container().build(), pod)).isNotNull();
  }

  @Test
  void aUserNamespaceShowsDevicesWhereTheHostHasThem() throws IntentRejection {
    PodIntent pod =
        read(
            Requests.pod(
                LinuxSandboxSecurityContext.newBuilder()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder().setUsernsOptions(user(0, 65536, 65536)))));
    Device.Builder zero = Device.newBuilder().setHostPath("/dev/zero").setPermissions("r");
    assertThat(ContainerIntentReader.read(container().addDevices(zero).build(), pod)).isNotNull();
    Device.Builder moved = zero.clone().setContainerPath("/dev/nothing");
    assertThatThrownBy(() -> ContainerIntentReader.read(container().addDevices(moved).build(), pod))
        .isInstanceOf(IntentRejection.class)
        .hasMessageContaining("devices[0].container_path");
    assertThat(read(container().addDevices(moved)).devices()).hasSize(1);
  }

  @Test
  void pathsAreNormalAndUnique() throws IntentRejection {
    ContainerSecurityIntent read =
        read(container(
                security()
                    .addMaskedPaths("/proc/kcore")
                    .addMaskedPaths("/proc//kcore/")
                    .addReadonlyPaths("/proc/sys")))
            .security();
    assertThat(read.maskedPaths()).containsExactly("/proc/kcore");
    assertThat(read.readOnlyPaths()).containsExactly("/proc/sys");
    assertThat(refusedFields(container(security().addMaskedPaths("/proc/../etc"))))
        .containsExactly("linux.security_context.masked_paths[0]");
  }
}
