package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.spec.OciIdMapping;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom a createContainer hook runs as. */
final class StartHooksTest {
  @Test
  void itIsTheContainersRootAsTheHostCounts() throws Exception {
    assertThat(StartHooks.root("maps", List.of())).isZero();
    assertThat(StartHooks.root("maps", List.of(new OciIdMapping(0, 100_000, 1))))
        .isEqualTo(100_000);
  }

  @Test
  void itIsNeverTheHostsWhereTheContainerHasNone() {
    List<OciIdMapping> noRoot = List.of(new OciIdMapping(1, 100_000, 1));
    assertThatThrownBy(() -> StartHooks.root("linux.uidMappings", noRoot))
        .hasMessageStartingWith("linux.uidMappings: id 0 is not mapped");
  }
}
