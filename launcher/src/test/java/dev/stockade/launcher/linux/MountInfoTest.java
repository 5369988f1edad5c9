package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class MountInfoTest {
  @Test
  void readsALine() throws Exception {
    MountInfo mount =
        MountInfo.parse(
                "36 35 98:0 /mnt1 /mnt\\0402\\134x rw,noatime master:1 shared:7 - ext3 /dev/root"
                    + " rw,errors=continue\n")
            .get(0);
    assertThat(mount.id()).isEqualTo(36);
    assertThat(mount.parent()).isEqualTo(35);
    assertThat(mount.root()).isEqualTo("/mnt1");
    assertThat(mount.point()).isEqualTo("/mnt 2\\x");
    assertThat(mount.options()).containsExactlyInAnyOrder("rw", "noatime");
    assertThat(mount.propagation()).containsExactlyInAnyOrder("master:1", "shared:7");
    assertThat(mount.type()).isEqualTo("ext3");
    assertThat(mount.superOptions()).contains("errors=continue");
  }

  @Test
  void aLineWithoutOptionalFieldsAndTheRealFile() throws Exception {
    assertThat(MountInfo.parse("1 2 0:1 / / ro - tmpfs none rw").get(0).propagation()).isEmpty();
    assertThat(MountInfo.self()).extracting(MountInfo::point).contains("/proc");
  }

  @Test
  void anUnknownShapeIsRefused() {
    assertThatThrownBy(() -> MountInfo.parse("1 2 0:1 / / ro tmpfs none rw"))
        .hasMessageContaining("unknown shape");
  }
}
