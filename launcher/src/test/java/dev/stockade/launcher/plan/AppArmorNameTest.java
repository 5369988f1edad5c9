package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AppArmorNameTest {
  /** Each of them would do something else than to name one profile, or end the text early. */
  private static final Map<String, String> HOSTILE =
      Map.ofEntries(
          Map.entry("", "characters"),
          Map.entry("a".repeat(1025), "1024 characters"),
          Map.entry("a\nexec unconfined", "control character"),
          Map.entry("a\0b", "control character"),
          Map.entry("a\u007f", "control character"),
          Map.entry("changeprofile x", "space"),
          Map.entry(" a", "space"),
          Map.entry("a ", "space"),
          Map.entry("stockäde", "not ASCII"),
          Map.entry("a\u00a0b", "not ASCII"),
          Map.entry("a\ud800", "not ASCII"),
          Map.entry(":ns:profile", "policy namespace"),
          Map.entry("a//&b", "stacks"),
          Map.entry("&b", "begins"),
          Map.entry("-a", "begins"),
          Map.entry("^hat", "begins"));

  @Test
  void whatIsNoNameOfOneProfileIsRefused() {
    HOSTILE.forEach(
        (name, reason) ->
            assertThat(AppArmorName.problem(name))
                .as(name)
                .hasValueSatisfying(text -> assertThat(text).contains(reason)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"k8s-deny.1", "/usr/bin/x", "/usr/{,s}bin/*", "a//b", "_x", "unconfined"})
  void namesAsTheKernelListsThemAreTaken(String name) {
    assertThat(AppArmorName.problem(name)).isEmpty();
    assertThat(AppArmorName.problem("a".repeat(1024))).isEmpty();
  }
}
