package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FdTest {
  @TempDir Path temporary;

  private Fd file() throws Exception {
    try (Directory directory = Directory.open(temporary, Resolution.BENEATH)) {
      return directory.createFile("file", 0600);
    }
  }

  @Test
  void closeIsIdempotentAndCounted() throws Exception {
    int before = Fd.openCount();
    Fd fd = file();
    assertThat(Fd.openCount()).isEqualTo(before + 1);
    fd.close();
    fd.close();
    assertThat(Fd.openCount()).isEqualTo(before);
    assertThatThrownBy(fd::status).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closingWaitsForTheCallInProgress() throws Exception {
    Fd fd = file();
    try (Fd.Use use = fd.use()) {
      fd.close();
      assertThat(Files.exists(Path.of("/proc/self/fd/" + use.number()))).isTrue();
    }
    assertThatThrownBy(fd::use).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void transferMovesOwnership() throws Exception {
    int before = Fd.openCount();
    Fd first = file();
    Fd second = first.transfer();
    first.close();
    assertThat(second.status().kind()).isEqualTo(FileKind.REGULAR);
    assertThatThrownBy(first::transfer).isInstanceOf(IllegalStateException.class);
    second.close();
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  @Test
  void everythingIsCloseOnExec() throws Exception {
    try (Fd fd = file();
        Fd copy = fd.duplicate();
        Fd.Use use = copy.use()) {
      String info = Files.readString(Path.of("/proc/self/fdinfo/" + use.number()));
      assertThat(info).containsPattern("flags:\\s+02\\d{6}");
    }
  }

  @Test
  void streamsCarryMoreThanOneBuffer() throws Exception {
    byte[] content = new byte[300_000];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (i * 31);
    }
    try (Fd fd = file()) {
      fd.output().write(content);
      fd.seek(0);
      assertThat(Arrays.equals(fd.input().readAllBytes(), content)).isTrue();
      fd.truncate(3);
      assertThat(fd.status().size()).isEqualTo(3);
    }
  }

  @Test
  void aLockIsHeldOnce() throws Exception {
    try (Fd fd = file();
        Fd other = Opening.host(temporary.resolve("file"), Flags.O_RDONLY)) {
      assertThat(fd.tryLock()).isTrue();
      assertThat(other.tryLock()).isFalse();
    }
  }
}
