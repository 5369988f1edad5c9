package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BpfTextTest {
  @Test
  void aProgramReadsLikeOne() throws Exception {
    Profile profile =
        Profile.of(
            Action.ERRNO,
            List.of(),
            List.of(
                Rule.of(Action.ALLOW, List.of("read", "write")),
                Rule.of(Action.ALLOW, List.of("close"), new Condition(0, 2, 0, Comparison.GT))));
    assertThat(BpfText.render(SeccompCompiler.compile(profile, Arch.X86_64)))
        .isEqualTo(
            """
            0000: ld arch
            0001: jeq #0xc000003e -> 0002 else 0014
            0002: ld nr
            0003: jge #2 -> 0004 else 0010
            0004: jge #4 -> 0011 else 0005
            0005: jeq #3 -> 0006 else 0015
            0006: ld arg0.high
            0007: jeq #0 -> 0008 else 0010
            0008: ld arg0.low
            0009: jgt #2 -> 0010 else 0015
            0010: ret ALLOW
            0011: jge #0x40000000 -> 0013 else 0012
            0012: ret ERRNO(38)
            0013: jeq #0xffffffff -> 0015 else 0014
            0014: ret KILL_THREAD
            0015: ret ERRNO(1)
            """);
  }

  @Test
  void everyOperationHasAName() {
    assertThat(
            BpfText.render(
                BpfProgram.of(
                    List.of(
                        BpfInstruction.of(0x0c, 0),
                        BpfInstruction.of(0x61, 3),
                        BpfInstruction.of(0xff, 0)))))
        .isEqualTo("0000: add x\n0001: ldxm #3\n0002: unknown 0xff\n");
  }
}
