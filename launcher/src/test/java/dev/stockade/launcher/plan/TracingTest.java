package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.HostFacts.Tracing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TracingTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "unconfined", "warden (unconfined)"})
  void whoIsNotConfinedMayTrace(String label) {
    for (int scope = 0; scope < 3; scope++) {
      assertThat(Tracing.of(scope, true, label)).isEqualTo(Tracing.POSSIBLE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"warden (enforce)", "warden (complain)", "unconfined-not", "a//&b (mixed)"})
  void aConfinedWardenMayNot(String label) {
    assertThat(Tracing.of(0, true, label))
        .isEqualTo(
            Tracing.impossible(
                "warden runs under the AppArmor label " + label + ", not unconfined"));
  }

  @Test
  void yamaAndAMissingCapabilityAreObstacles() {
    assertThat(Tracing.of(3, true, ""))
        .isEqualTo(Tracing.impossible("kernel.yama.ptrace_scope is 3"));
    assertThat(Tracing.of(0, false, ""))
        .isEqualTo(Tracing.impossible("the daemon lacks CAP_SYS_PTRACE"));
  }
}
