package dev.stockade.shim.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.MountInfo;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OwnDirectoriesTest {
  private static final Path RUN = Path.of("/run/stockade");

  private static List<MountInfo> mounts(String... more) throws Exception {
    StringBuilder text = new StringBuilder();
    text.append("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    text.append("2 1 0:25 / /run rw shared:5 - tmpfs tmpfs rw\n");
    for (String line : more) {
      text.append(line).append('\n');
    }
    return MountInfo.parse(text.toString());
  }

  @Test
  void aDirectoryShowsWhereItIs() throws Exception {
    assertThat(OwnDirectories.places(RUN, mounts("3 1 0:30 / /proc rw - proc proc rw")))
        .containsExactly(RUN);
  }

  @Test
  void itShowsWhereItsFileSystemIsBoundAgain() throws Exception {
    assertThat(
            OwnDirectories.places(
                RUN,
                mounts(
                    "3 1 0:25 / /chroot/run rw - tmpfs tmpfs rw",
                    "4 1 0:25 /stockade /mnt/whole rw - tmpfs tmpfs rw",
                    "5 1 0:25 /stockade/pods /mnt/part rw - tmpfs tmpfs rw",
                    "6 1 0:25 /lock /mnt/lock rw - tmpfs tmpfs rw",
                    "7 1 8:1 / /mnt/host rw - ext4 /dev/sda1 rw")))
        .containsExactlyInAnyOrder(
            RUN, Path.of("/chroot/run/stockade"), Path.of("/mnt/whole"), Path.of("/mnt/part"));
  }

  @Test
  void ofTwoMountsOnOnePointTheLaterOneHoldsIt() throws Exception {
    List<MountInfo> mounts =
        mounts(
            "3 2 0:40 / /run rw - tmpfs tmpfs rw",
            "4 1 0:25 / /mnt/old rw - tmpfs tmpfs rw",
            "5 1 0:40 / /mnt/new rw - tmpfs tmpfs rw");
    assertThat(OwnDirectories.places(RUN, mounts))
        .containsExactlyInAnyOrder(RUN, Path.of("/mnt/new/stockade"));
  }

  @Test
  void itIsFoundBySourcesWithinItAndAboveIt() throws Exception {
    OwnDirectories own =
        new OwnDirectories(
            OwnDirectories.places(RUN, mounts("3 1 0:25 / /mnt/run rw - tmpfs tmpfs rw")));
    assertThat(own.objection(RUN, false)).isPresent();
    assertThat(own.objection(Path.of("/mnt/run/stockade/pods"), false)).isPresent();
    assertThat(own.objection(Path.of("/run/stockade-other"), false)).isEmpty();
    assertThat(own.objection(Path.of("/run"), false)).isEmpty();
    assertThat(own.beneath(Path.of("/")))
        .containsExactly(Path.of("mnt/run/stockade"), Path.of("run/stockade"));
    assertThat(own.beneath(Path.of("/run"))).containsExactly(Path.of("stockade"));
    assertThat(own.beneath(Path.of("/etc"))).isEmpty();
  }
}
