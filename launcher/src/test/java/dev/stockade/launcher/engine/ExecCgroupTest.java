package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.StepCode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ExecCgroupTest {
  @ParameterizedTest
  @ValueSource(strings = {"/pods/p/c", "/pods/p/c/", "/pods//p/./c"})
  void whatLiesBelowIsTaken(String own) {
    assertThat(ExecCgroup.below(own, "/pods/p/c/init.scope")).contains("/pods/p/c/init.scope");
    assertThat(ExecCgroup.below(own, "/pods/p/c/a/b")).contains("/pods/p/c/a/b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "/pods/p/c", "/pods/p", "/pods/p/c2/init", "/../other", "/pods/p/d/c"})
  void nothingElseIs(String path) {
    assertThat(ExecCgroup.below("/pods/p/c", path)).isEmpty();
  }

  @Test
  void onlyABusyCgroupIsLeftForAnother() {
    assertThat(ExecCgroup.isTaken(failed(StepCode.CLONE, Errno.EBUSY))).isTrue();
    assertThat(ExecCgroup.isTaken(failed(StepCode.CLONE, Errno.EAGAIN))).isFalse();
    assertThat(ExecCgroup.isTaken(failed(StepCode.ATTACH, Errno.EBUSY))).isFalse();
    assertThat(ExecCgroup.isTaken(new LaunchFailure(LaunchFailure.Cause.DIED, "killed"))).isFalse();
  }

  private static LaunchFailure failed(StepCode step, Errno errno) {
    return new LaunchFailure(
        LaunchFailure.Cause.STEP, "failed", "mend it", Optional.of(step), errno);
  }
}
