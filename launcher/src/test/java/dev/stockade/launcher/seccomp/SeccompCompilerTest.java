package dev.stockade.launcher.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeccompCompilerTest {
  private static final Set<String> DEFAULT_CAPABILITIES =
      Set.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  private static BpfSimulator simulator(Profile profile, Arch nativeArch) throws ProfileException {
    return new BpfSimulator(SeccompCompiler.compile(profile, nativeArch));
  }

  private static SeccompData call(Arch arch, String name, long... args) {
    return SeccompData.of(arch, SyscallTable.of(arch).number(name).orElseThrow(), args);
  }

  @Test
  void theDefaultProfileAllowsAndDenies() throws Exception {
    BpfSimulator filter =
        simulator(DefaultProfile.forCapabilities(DEFAULT_CAPABILITIES, Arch.X86_64), Arch.X86_64);
    assertThat(filter.run(call(Arch.X86_64, "execve")).verdict()).isEqualTo(Verdict.ALLOW);
    assertThat(filter.run(call(Arch.X86_64, "keyctl")).verdict())
        .isEqualTo(new Verdict(Action.ERRNO, Verdict.EPERM));
    assertThat(filter.run(call(Arch.X86_64, "socket", 2)).verdict()).isEqualTo(Verdict.ALLOW);
    assertThat(filter.run(call(Arch.X86_64, "socket", 0x1_0000_0026L)).verdict())
        .isEqualTo(new Verdict(Action.ERRNO, Verdict.EPERM));
  }

  @Test
  void equalProfilesGiveEqualPrograms() throws Exception {
    Profile profile =
        Profile.of(Action.ERRNO, List.of(), List.of(Rule.of(Action.ALLOW, List.of("read"))));
    assertThat(SeccompCompiler.compile(profile, Arch.AARCH64))
        .isEqualTo(
            SeccompCompiler.compile(
                ProfileReader.read(profile.toJson().getBytes(UTF_8)), Arch.AARCH64));
  }
}
