package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictTest {
  @Test
  void everyVerdictSurvivesTheReturnValue() {
    for (Action action : Action.values()) {
      Verdict verdict = new Verdict(action, 7);
      assertThat(Verdict.ofReturnValue(verdict.returnValue())).isEqualTo(verdict);
    }
  }

  @Test
  void theKernelsReadingOfOddValuesIsKept() {
    assertThat(Verdict.ofReturnValue(0x00060000)).isEqualTo(new Verdict(Action.KILL_PROCESS, 0));
    assertThat(Verdict.ofReturnValue(0x0005ffff)).isEqualTo(new Verdict(Action.ERRNO, 4095));
    assertThat(Verdict.ofReturnValue(0x7fff0001)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void stricterComesFirst() {
    assertThat(
            List.of(
                    Verdict.ALLOW,
                    new Verdict(Action.LOG, 0),
                    new Verdict(Action.ERRNO, 1),
                    new Verdict(Action.KILL_PROCESS, 0),
                    new Verdict(Action.NOTIFY, 0),
                    Verdict.KILL_THREAD)
                .stream()
                .sorted()
                .map(Verdict::action))
        .containsExactly(
            Action.KILL_PROCESS,
            Action.KILL_THREAD,
            Action.ERRNO,
            Action.NOTIFY,
            Action.LOG,
            Action.ALLOW);
  }

  @Test
  void dataOutOfRangeIsRefused() {
    assertThatThrownBy(() -> new Verdict(Action.ERRNO, 4096))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Verdict(Action.TRACE, 65536))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
