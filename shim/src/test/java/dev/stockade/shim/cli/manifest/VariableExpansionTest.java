package dev.stockade.shim.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VariableExpansionTest {
  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "$(A), one",
    "x$(A)y$(B)z, xoneytwoz",
    "$$(A), $(A)",
    "$$$(A), $one",
    "$$$$, $$",
    "$(C), $(C)",
    "$A, $A",
    "$, $",
    "$(A, $(A",
    "$(A)$, one$",
    "$(), $()",
    "$($(A)), $($(A))",
  })
  void expandsWhatIsDefined(String text, String expected) {
    assertThat(VariableExpansion.expand(text, Map.of("A", "one", "B", "two"))).isEqualTo(expected);
  }
}
