package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.seccomp.SeccompVerdict.Reason;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SeccompPolicyTest {
  private static final Profile PROFILE =
      Profile.of(
          Action.ERRNO,
          List.of(ProfileArch.X86),
          List.of(
              Rule.of(Action.ALLOW, List.of("read", "statx", "connect")),
              Rule.of(Action.ALLOW, List.of("socket"), new Condition(0, 40, 0, Comparison.NE)),
              Rule.of(Action.KILL, List.of("socket"), new Condition(0, 38, 0, Comparison.EQ))));
  private static final SeccompPolicy POLICY = new SeccompPolicy(PROFILE, Arch.X86_64);

  private static SeccompVerdict explain(Arch arch, String name, long... args) {
    return POLICY.explain(
        SeccompData.of(arch, SyscallTable.of(arch).number(name).orElseThrow(), args));
  }

  @Test
  void theDecidingRuleIsNamed() {
    assertThat(explain(Arch.X86_64, "read"))
        .isEqualTo(
            new SeccompVerdict(Verdict.ALLOW, Reason.RULE, OptionalInt.of(0), "read: syscalls[0]"));
    assertThat(explain(Arch.X86_64, "socket", 38))
        .hasToString("KILL_THREAD: socket: syscalls[2] because arg0 == 0x26");
    assertThat(explain(Arch.X86_64, "socket", 2))
        .hasToString("ALLOW: socket: syscalls[1] because arg0 != 0x28");
  }

  @Test
  void theDefaultIsNamed() {
    assertThat(explain(Arch.X86_64, "socket", 40))
        .hasToString("ERRNO(1): socket: no rule decides, so the default action does");
    assertThat(explain(Arch.X86_64, "fchroot"))
        .hasToString("ERRNO(38): fchroot is newer than every call the profile names for x86_64");
    assertThat(POLICY.explain(SeccompData.of(Arch.X86_64, 9999)).text())
        .isEqualTo("call 9999 is newer than every call the profile names for x86_64");
    assertThat(POLICY.explain(SeccompData.of(Arch.X86_64, -1)).reason()).isEqualTo(Reason.DEFAULT);
  }

  @Test
  void foreignArchitecturesAreNamed() {
    assertThat(POLICY.explain(SeccompData.of(Arch.X86_64, 0x40000000)))
        .hasToString("KILL_THREAD: the profile does not list the architecture x32");
    assertThat(explain(Arch.AARCH64, "read").reason()).isEqualTo(Reason.FOREIGN_ARCHITECTURE);
    assertThat(POLICY.explain(new SeccompData(0, 0x80000015, 0, List.of(0L, 0L, 0L, 0L, 0L, 0L))))
        .hasToString("KILL_THREAD: the profile does not list the architecture 0x80000015");
  }

  @Test
  void hiddenCallsAreNamed() {
    assertThat(explain(Arch.X86, "socketcall", 3))
        .hasToString(
            "ALLOW: socketcall: it stands for connect, whose arguments no filter can see: syscalls[0]");
    assertThat(explain(Arch.X86, "socketcall", 1).toString())
        .startsWith("KILL_THREAD: socketcall: it stands for socket")
        .endsWith("syscalls[2]");
    assertThat(explain(Arch.X86, "socketcall", 2).text())
        .isEqualTo(
            "socketcall: no rule decides for bind, whose arguments no filter can see, so the default action does");
  }
}
