package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class LaunchCompilerTest {
  @Test
  void compilesEveryKindAndKeepsTheLaws() throws Exception {
    for (SpecDraft draft :
        List.of(
            SpecDraft.container(),
            SpecDraft.container().userNamespace(""),
            SpecDraft.exec(),
            SpecDraft.exec().userNamespace("/proc/4711/ns/user"),
            SpecDraft.pod(),
            SpecDraft.podInit())) {
      assertThat(PlanChecker.check(draft.compile())).isEmpty();
    }
  }
}
