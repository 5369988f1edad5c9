package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AgeTest {
  private static final Instant NOW = Instant.ofEpochSecond(2_000_000_000L);

  @ParameterizedTest
  @CsvSource({
    "0, 0s",
    "119, 119s",
    "120, 2m",
    "125, 2m5s",
    "600, 10m",
    "10799, 179m",
    "10800, 3h",
    "11100, 3h5m",
    "28800, 8h",
    "172799, 47h",
    "172800, 2d",
    "180000, 2d2h",
    "864000, 10d",
    "-5, 0s",
  })
  void showsTheUnitsThatMatter(long seconds, String expected) {
    assertThat(Age.since((NOW.getEpochSecond() - seconds) * 1_000_000_000L, NOW))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0", "-1"})
  void neverIsADash(long nanoseconds) {
    assertThat(Age.since(nanoseconds, NOW)).isEqualTo("-");
  }
}
