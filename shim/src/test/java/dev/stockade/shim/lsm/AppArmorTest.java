package dev.stockade.shim.lsm;

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
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.cli.manifest.KubeletDefaults;
import dev.stockade.shim.intent.ContainerIntentReader;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.PodIntentReader;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AppArmorTest {
  private static final String DEFAULT = DefaultProfile.OURS.name();

  private static AppArmor node(boolean present, boolean defaultWhenUnset) {
    return new AppArmor(present, defaultWhenUnset, false, Optional.of(policy -> Optional.empty()));
  }

  private static ContainerSecurityIntent asked(LinuxContainerSecurityContext.Builder security) {
    PodSandboxConfig pod =
        PodSandboxConfig.newBuilder()
            .setMetadata(PodSandboxMetadata.newBuilder().setName("p"))
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder().setPrivileged(true)))
            .build();
    ContainerConfig container =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName("c"))
            .setImage(ImageSpec.newBuilder().setImage("i"))
            .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security))
            .build();
    try {
      return ContainerIntentReader.read(container, PodIntentReader.read(pod)).security();
    } catch (IntentRejection e) {
      throw new AssertionError(e);
    }
  }

  private static LinuxContainerSecurityContext.Builder nothing() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  private static LinuxContainerSecurityContext.Builder type(ProfileType type) {
    SecurityProfile.Builder profile = SecurityProfile.newBuilder().setProfileType(type);
    if (type == ProfileType.Localhost) {
      profile.setLocalhostRef("mine");
    }
    return nothing().setApparmor(profile);
  }

  @Test
  @SuppressWarnings("deprecation") // Old clients send only this field.
  void theProfileIsTheOneAskedFor() {
    AppArmor node = node(true, true);
    assertThat(node.profile(asked(type(ProfileType.RuntimeDefault)))).isEqualTo(DEFAULT);
    assertThat(node.profile(asked(type(ProfileType.Localhost)))).isEqualTo("mine");
    assertThat(node.profile(asked(type(ProfileType.Unconfined)))).isEqualTo("unconfined");
    assertThat(node.profile(asked(nothing().setApparmorProfile("runtime/default"))))
        .isEqualTo(DEFAULT);
    assertThat(node.profile(asked(type(ProfileType.Unconfined).setApparmorProfile("unconfined"))))
        .isEqualTo("unconfined");
  }

  @Test
  void whoAsksForNothingGetsTheDefaultUnlessConfiguredOtherwise() {
    assertThat(node(true, true).profile(asked(nothing()))).isEqualTo(DEFAULT);
    assertThat(node(true, false).profile(asked(nothing()))).isEqualTo("unconfined");
    assertThat(node(true, false).profile(asked(type(ProfileType.RuntimeDefault))))
        .isEqualTo(DEFAULT);
  }

  @Test
  void aPrivilegedContainerIsNotConfined() {
    for (ProfileType type : new ProfileType[] {ProfileType.RuntimeDefault, ProfileType.Localhost}) {
      assertThat(node(true, true).profile(asked(type(type).setPrivileged(true))))
          .isEqualTo("unconfined");
      assertThat(node(false, true).profile(asked(type(type).setPrivileged(true)))).isEmpty();
    }
  }

  @Test
  void withoutAppArmorThereIsNothingToSay() {
    assertThat(node(false, true).profile(asked(nothing()))).isEmpty();
    assertThat(node(false, true).defaultProfile()).isEmpty();
    assertThat(node(false, true).obstacle("")).isEmpty();
  }

  @Test
  void theNameOfTheDefaultProfileChangesWithItsText() {
    DefaultProfile one = DefaultProfile.of("profile @NAME@ { signal peer=@NAME@, }");
    DefaultProfile other = DefaultProfile.of("profile @NAME@ { }");
    assertThat(one.name()).isNotEqualTo(other.name()).startsWith("stockade-default-");
    assertThat(one.policy())
        .isEqualTo("profile " + one.name() + " { signal peer=" + one.name() + ", }");
    assertThat(DEFAULT).matches("stockade-default-[0-9a-f]{10}");
    assertThat(DefaultProfile.OURS.policy()).contains("profile " + DEFAULT).doesNotContain("@");
  }

  /** Machines without the path cannot tell whether it is closed. */
  @Test
  void thePowerMeterIsDeniedAndMaskedOnEveryMachine() {
    String meter = "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj";
    List<String> denied =
        DefaultProfile.OURS
            .policy()
            .lines()
            .map(String::strip)
            .filter(line -> line.matches("(audit )?deny /\\S+ \\w*r\\w*,"))
            .map(line -> line.replaceAll("(audit )?deny (\\S+) .*", "$2"))
            .toList();
    assertThat(denied).anyMatch(glob -> meter.matches(expression(glob)));
    assertThat(denied).noneMatch(glob -> "/sys/devices/system/cpu".matches(expression(glob)));
    assertThat(KubeletDefaults.MASKED_PATHS).anyMatch(path -> meter.startsWith(path + "/"));
  }

  /** Globs of apparmor.d(5), as far as the default profile has them. */
  private static String expression(String glob) {
    return glob.replace(".", "\\.")
        .replace('{', '(')
        .replace('}', ')')
        .replace(',', '|')
        .replace("**", ".+")
        .replace("*", "[^/]*");
  }

  /** The default one is loaded by this daemon, so that it never has to do with less. */
  @Test
  void onlyANamedProfileMayComplainAndOnlyWhereItIsConfigured() {
    AppArmor lenient = new AppArmor(true, true, true, Optional.of(policy -> Optional.empty()));
    assertThat(lenient.confines("mine", "complain")).isTrue();
    assertThat(lenient.confines("mine", "unconfined")).isFalse();
    assertThat(lenient.confines(DEFAULT, "complain")).isFalse();
    assertThat(node(true, true).confines("mine", "complain")).isFalse();
    assertThat(node(true, true).confines(DEFAULT, "enforce")).isTrue();
  }
}
