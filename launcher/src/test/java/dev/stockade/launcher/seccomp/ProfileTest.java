package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileTest {
  private static final Profile FULL =
      new Profile(
          Action.ERRNO,
          38,
          List.of(ProfileArch.X86_64, ProfileArch.X32),
          List.of(FilterFlag.LOG, FilterFlag.TSYNC),
          "/run/agent.sock",
          "pod=a",
          List.of(
              Rule.of(Action.NOTIFY, List.of("mount")),
              new Rule(
                  List.of("clone", "personality"),
                  Action.TRACE,
                  0,
                  List.of(
                      new Condition(0, -1L, 0, Comparison.EQ),
                      new Condition(5, 0x7e020000, 9, Comparison.MASKED_EQ)))));

  @Test
  void databindReadsWhatItWrites() throws Exception {
    ObjectMapper json = new ObjectMapper();
    assertThat(json.readValue(json.writeValueAsBytes(FULL), Profile.class)).isEqualTo(FULL);
  }

  @Test
  void theStrictReaderReadsTheCanonicalText() throws Exception {
    assertThat(ProfileReader.read(FULL.toJson().getBytes(StandardCharsets.UTF_8)).everything())
        .isEqualTo(FULL);
  }

  @Test
  void theTextHasTheNamesOfTheSpecification() {
    assertThat(FULL.toJson())
        .isEqualTo(
            "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
                + "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],"
                + "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_TSYNC\"],"
                + "\"listenerPath\":\"/run/agent.sock\",\"listenerMetadata\":\"pod=a\","
                + "\"syscalls\":[{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
                + "{\"names\":[\"clone\",\"personality\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":0,"
                + "\"args\":[{\"index\":0,\"value\":18446744073709551615,\"op\":\"SCMP_CMP_EQ\"},"
                + "{\"index\":5,\"value\":2114060288,\"valueTwo\":9,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}");
  }

  @Test
  void theSmallestProfileIsADefaultAction() throws Exception {
    Profile read =
        new ObjectMapper().readValue("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", Profile.class);
    assertThat(read).isEqualTo(Profile.of(Action.ALLOW, List.of(), List.of()));
    assertThat(read.archs(Arch.AARCH64)).containsExactly(Arch.AARCH64);
  }

  @Test
  void aProfileWithoutADefaultActionIsNone() {
    assertThatThrownBy(() -> new ObjectMapper().readValue("{}", Profile.class))
        .isInstanceOf(JsonMappingException.class)
        .hasMessageContaining("defaultAction");
  }

  @Test
  void flagsGoToTheKernelWithoutTsyncAndWithAListener() {
    assertThat(FULL.filterFlags()).isEqualTo(2 | 8);
    assertThat(Profile.of(Action.ALLOW, List.of(), List.of()).filterFlags()).isZero();
  }

  @Test
  void architecturesOfOtherMachinesAddNothing() {
    Profile profile =
        Profile.of(
            Action.ALLOW, List.of(ProfileArch.ARM, ProfileArch.S390X, ProfileArch.X86), List.of());
    assertThat(profile.archs(Arch.X86_64)).containsExactly(Arch.X86_64, Arch.X86);
    assertThat(profile.archs(Arch.AARCH64)).containsExactly(Arch.AARCH64, Arch.ARM);
  }

  @Test
  void aRepeatedArgumentMakesAlternatives() {
    Condition a = new Condition(0, 1, 0, Comparison.GT);
    Condition b = new Condition(0, 9, 0, Comparison.LT);
    Condition c = new Condition(1, 9, 0, Comparison.LT);
    assertThat(Rule.of(Action.ALLOW, List.of("read"), a, c).alternatives())
        .containsExactly(List.of(a, c));
    assertThat(Rule.of(Action.ALLOW, List.of("read"), a, b, c).alternatives())
        .containsExactly(List.of(a), List.of(b), List.of(c));
  }
}
