package dev.stockade.shim.intent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StopSignalTest {
  @ParameterizedTest
  @CsvSource({
    "SIGTERM,15",
    "TERM,15",
    "9,9",
    "SIGRTMIN,34",
    "SIGRTMIN+3,37",
    "SIGRTMAX-2,62",
    "64,64",
    "SIGIOT,6",
    "SIGSYS,31",
    "SIGSTKFLT,16"
  })
  void parses(String text, int number) {
    assertThat(StopSignal.parse(text)).contains(new StopSignal(number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "0", "65", "-9", "sigterm", "SIGRTMIN+16", "SIGRTMAX-15", "09", "15 "})
  void refuses(String text) {
    assertThat(StopSignal.parse(text)).isEmpty();
  }

  @Test
  void namesComeBack() {
    for (int number = 1; number <= 64; number++) {
      StopSignal signal = new StopSignal(number);
      if (number != 32 && number != 33) {
        assertThat(StopSignal.parse(signal.signalName())).contains(signal);
      }
    }
  }
}
