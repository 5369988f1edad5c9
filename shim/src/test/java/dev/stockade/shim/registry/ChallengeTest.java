package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  @Test
  void schemesAndParametersAreToldApart() {
    assertThat(
            Challenge.parse(
                List.of(
                    "Basic realm=\"a, \\\"b\\\"\", Bearer Realm=\"https://auth.example/t?x=1\" , scope=pull",
                    "Negotiate")))
        .containsExactly(
            new Challenge("basic", Map.of("realm", "a, \"b\"")),
            new Challenge("bearer", Map.of("realm", "https://auth.example/t?x=1", "scope", "pull")),
            new Challenge("negotiate", Map.of()));
  }

  @Test
  void whatIsNoneIsPassedOver() {
    assertThat(Challenge.parse(List.of("", "=,=", "\"\"", "x".repeat(9000)))).isEmpty();
    assertThat(Challenge.parse(List.of("Bearer realm=\"unclosed")))
        .first()
        .extracting(Challenge::scheme)
        .isEqualTo("bearer");
  }

  /** The first value counts: a later one is what somebody appended. */
  @Test
  void aParameterThatStandsTwiceIsTheFirst() {
    assertThat(Challenge.parse(List.of("Bearer realm=\"one\",realm=\"two\"")))
        .containsExactly(new Challenge("bearer", Map.of("realm", "one")));
  }
}
