package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
  private static Optional<Duration> of(Map<String, List<String>> headers) {
    return RetryAfter.of(
        HttpHeaders.of(headers, (name, value) -> true), Instant.parse("2026-11-06T08:49:37Z"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|0",
        " 120 |120",
        "999999999|999999999",
        "Fri, 06 Nov 2026 08:50:07 GMT|30",
        "Fri, 6 Nov 2026 08:50:07 GMT|30",
        "Thu, 05 Nov 2026 08:49:37 GMT|0",
      })
  void secondsAndDatesAreUnderstood(String text, long seconds) {
    assertThat(of(Map.of("retry-after", List.of(text)))).contains(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1.5", "soon", "10000000000", "Fri, 32 Nov 2026 08:50:07 GMT"})
  void whatIsNeitherSaysNothing(String text) {
    assertThat(of(Map.of("Retry-After", List.of(text)))).isEmpty();
  }

  @Test
  void noHeaderSaysNothing() {
    assertThat(of(Map.of())).isEmpty();
  }
}
