package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "1023, 1023B",
    "1024, 1.00KiB",
    "4373600, 4.17MiB",
    "78643200, 75.0MiB",
    "9223372036854775807, 8.00EiB",
    "-1, 16.0EiB",
  })
  void threeDigitsInPowersOf1024(long bytes, String expected) {
    assertThat(ByteSize.of(bytes)).isEqualTo(expected);
  }
}
