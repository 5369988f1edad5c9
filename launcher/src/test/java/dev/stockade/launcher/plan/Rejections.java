package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;

/** Specifications that must not become a plan. */
final class Rejections {
  private Rejections() {}

  static void refused(String field, String reason, Consumer<SpecDraft> change) {
    refused(SpecDraft.container(), field, reason, change);
  }

  static void refused(SpecDraft draft, String field, String reason, Consumer<SpecDraft> change) {
    change.accept(draft);
    assertThatThrownBy(draft::compile)
        .isInstanceOfSatisfying(
            LaunchRejection.class,
            e ->
                assertThat(e.problems())
                    .anySatisfy(
                        p -> {
                          assertThat(p.field()).isEqualTo(field);
                          assertThat(p.reason()).contains(reason);
                        }))
        .hasMessageNotContaining("s3cr3t");
  }
}
