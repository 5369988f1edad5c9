package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.spec.OciIdMapping;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ShownOptionsTest {
  private static String expected(String... options) {
    return ShownOptions.expected(List.of(options), Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "size=64m, size=65536k",
    "size=65536K, size=65536k",
    "size=1g, size=1048576k",
    "size=1, size=4k",
    "size=0, size=0k",
    "nr_inodes=1k, nr_inodes=1024",
    "mode=0755, mode=755",
    "mode=1777, mode=1777",
    "mode=7, mode=007",
    "ptmxmode=0666, ptmxmode=666",
    "gid=5, gid=5",
    "hidepid=2, hidepid=invisible",
    "hidepid=invisible, hidepid=invisible",
    "subset=pid, subset=pid",
    "noswap, noswap"
  })
  void isTheKernelsForm(String asked, String shown) {
    assertThat(expected(asked)).isEqualTo(shown);
  }

  @Test
  void idsAreThoseOutside() {
    List<OciIdMapping> map = List.of(new OciIdMapping(0, 100000, 10));
    Optional<IdMaps> maps = Optional.of(new IdMaps(map, map));
    assertThat(ShownOptions.expected(List.of("gid=5", "mode=620"), maps))
        .isEqualTo("gid=100005,mode=620");
    assertThat(ShownOptions.expected(List.of("uid=10"), maps)).isEqualTo("uid=unmapped");
  }

  @Test
  void whatTheKernelLeavesOutIsItsDefault() {
    String asked = expected("mode=755", "size=4k");
    assertThat(ShownOptions.shown("tmpfs", asked, Set.of("rw", "size=4k", "mode=755", "inode64")))
        .isEqualTo(asked);
    assertThat(ShownOptions.shown("tmpfs", asked, Set.of("rw", "size=4k")))
        .isEqualTo("mode=1777,size=4k");
    assertThat(ShownOptions.shown("tmpfs", asked, Set.of("rw"))).isEqualTo("mode=1777");
    assertThat(ShownOptions.shown("tmpfs", "noswap", Set.of("rw"))).isEmpty();
    assertThat(ShownOptions.shown("proc", "hidepid=invisible", Set.of("rw")))
        .isEqualTo("hidepid=off");
  }
}
