package dev.stockade.launcher.caps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CapabilitySetTest {
  private static final CapabilitySet ALL = CapabilitySet.upTo(40);

  @Test
  void numbersAreThoseOfTheKernel() {
    assertThat(Capability.CHOWN.number()).isZero();
    assertThat(Capability.SETPCAP.number()).isEqualTo(8);
    assertThat(Capability.SYS_ADMIN.number()).isEqualTo(21);
    assertThat(Capability.CHECKPOINT_RESTORE.number()).isEqualTo(40);
    for (Capability capability : Capability.values()) {
      assertThat(Capability.of(capability.number())).contains(capability);
    }
    assertThat(Capability.of(41)).isEmpty();
    assertThat(Capability.of(-1)).isEmpty();
  }

  @Test
  void namesAreReadStrictly() {
    assertThat(Capability.parse("NET_ADMIN")).contains(Capability.NET_ADMIN);
    assertThat(Capability.parse("cap_net_admin")).contains(Capability.NET_ADMIN);
    assertThat(Capability.parse("Cap_Net_Admin")).contains(Capability.NET_ADMIN);
    for (String name :
        List.of("", "CAP_", "CAP_CAP_KILL", " KILL", "KILL ", "ALL", "12", "kıll", "ﬁll")) {
      assertThat(Capability.parse(name)).as(name).isEmpty();
    }
  }

  @Test
  void listsKnowAllAndKeepWhatTheyDoNotKnow() {
    List<String> unknown = new ArrayList<>();
    assertThat(CapabilitySet.parse(List.of("all"), ALL, unknown)).isEqualTo(ALL);
    assertThat(CapabilitySet.parse(List.of("KILL", "CAP_KIL", "CAP_ALL"), ALL, unknown))
        .isEqualTo(CapabilitySet.of(Capability.KILL));
    assertThat(unknown).containsExactly("CAP_KIL", "CAP_ALL");
  }

  @Test
  void theDefaultSetIsTheOneOfProc() {
    CapabilitySet set =
        CapabilitySet.parse(
            List.of(
                "CHOWN",
                "DAC_OVERRIDE",
                "FSETID",
                "FOWNER",
                "MKNOD",
                "NET_RAW",
                "SETGID",
                "SETUID",
                "SETFCAP",
                "SETPCAP",
                "NET_BIND_SERVICE",
                "SYS_CHROOT",
                "KILL",
                "AUDIT_WRITE"),
            ALL,
            new ArrayList<>());
    assertThat(set.hex()).isEqualTo("00000000a80425fb");
    assertThat(set.ociNames()).hasSize(14).startsWith("CAP_CHOWN");
  }

  @Test
  void numbersWithoutNamesAreKept() {
    assertThat(new CapabilitySet(1L << 63).toString()).isEqualTo("63");
    assertThat(CapabilitySet.NONE.toString()).isEqualTo("none");
    assertThat(CapabilitySet.upTo(63).mask()).isEqualTo(-1);
    assertThat(CapabilitySet.upTo(0)).isEqualTo(CapabilitySet.of(Capability.CHOWN));
    assertThatThrownBy(() -> CapabilitySet.upTo(64)).isInstanceOf(IllegalArgumentException.class);
  }
}
