package dev.stockade.shim.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class QuantityTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "1, 1, 1000",
    "250m, 1, 250",
    "0.1, 1, 100",
    ".5, 1, 500",
    "1., 1, 1000",
    "+2, 2, 2000",
    "1e3, 1000, 1000000",
    "1E-3, 1, 1",
    "100u, 1, 1",
    "1k, 1000, 1000000",
    "64Mi, 67108864, 67108864000",
    "1.5Gi, 1610612736, 1610612736000",
    "2M, 2000000, 2000000000",
    "1E, 1000000000000000000, 9223372036854775807",
    "9223372036854775807, 9223372036854775807, 9223372036854775807",
  })
  void isRoundedUp(String text, long units, long thousandths) {
    Quantity quantity = Quantity.parse(text).orElseThrow();
    assertThat(quantity.units()).isEqualTo(units);
    assertThat(quantity.thousandths()).isEqualTo(thousandths);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " 1",
        "1 ",
        "-1",
        "1.2.3",
        "Mi",
        "1mi",
        "1KI",
        "1KB",
        "1ee3",
        "1e",
        "0x10",
        "1_000",
        "9223372036854775808",
        "8Ei",
        "1e99",
        "NaN",
        ".",
        "1e+",
        "12345678901234567890",
        "0.1234567890",
        "١",
      })
  void anythingElseIsNone(String text) {
    assertThat(Quantity.parse(text)).isEmpty();
  }
}
