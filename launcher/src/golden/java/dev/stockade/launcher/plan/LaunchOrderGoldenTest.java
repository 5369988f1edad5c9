package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class LaunchOrderGoldenTest {
  @Test
  void theDocumentIsTheTable() throws Exception {
    GoldenFile.check(Path.of("../docs/LAUNCH-ORDER.md"), LaunchOrderDocument.render());
  }

  @Test
  void lawsHaveNamesOfTheirOwn() {
    assertThat(LawBook.ALL)
        .extracting(Law::id)
        .doesNotHaveDuplicates()
        .hasSizeGreaterThanOrEqualTo(32);
    assertThat(LawBook.ALL).extracting(Law::name).doesNotHaveDuplicates();
    assertThat(LawBook.ALL)
        .allSatisfy(
            law -> {
              assertThat(law.because()).isNotBlank();
              assertThat(law.reference()).isNotBlank();
              assertThat(law.before().text()).isNotBlank();
            });
  }
}
