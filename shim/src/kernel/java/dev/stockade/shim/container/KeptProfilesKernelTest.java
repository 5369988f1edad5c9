package dev.stockade.shim.container;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.seccomp.ProfileReader;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles are kept once, within bounds, and are what they were or none. */
final class KeptProfilesKernelTest {
  private static final Path FILE = Path.of("/p.json");
  private static final byte[] BYTES = "{}".getBytes(UTF_8);
  private static final int MOST = 20;

  private Path place;
  private KeptProfiles profiles;

  @BeforeEach
  void pod(@TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(Linux.root(), "needs root, which alone owns what is in a private place");
    Path home = Files.createDirectory(directory.resolve("pod"));
    place = home.resolve("seccomp");
    profiles = new KeptProfiles(home, MOST);
  }

  private static SeccompFile of(Path file, byte[] bytes) {
    String digest = Digest.sha256(bytes).toString();
    return new SeccompFile(file.toString(), digest, false, "oci", List.of());
  }

  private void keep(String container, Path file, byte[] bytes) throws Exception {
    profiles.keep(container, of(file, bytes), bytes);
  }

  @Test
  void whatIsKeptIsOfOneContainerAndPath() throws Exception {
    assertThat(profiles.find("a", FILE)).isEmpty();
    keep("a", FILE, BYTES);
    keep("a", FILE, BYTES);
    assertThat(profiles.find("a", FILE)).contains(BYTES);
    assertThat(profiles.find("b", FILE)).isEmpty();
    assertThat(profiles.find("a", Path.of("/q.json"))).isEmpty();
    keep("b", FILE, BYTES);
    assertThat(place.toFile().list()).as("the bytes once, and two names").hasSize(3);
  }

  @Test
  void whatIsKeptIsNotReplaced() throws Exception {
    keep("a", FILE, BYTES);
    assertThatThrownBy(() -> keep("a", FILE, "{ }".getBytes(UTF_8)))
        .isInstanceOf(CallFailure.class)
        .hasMessageContaining("seccomp.localhost_ref: /p.json has changed while two attempts");
    assertThat(profiles.find("a", FILE)).contains(BYTES);
  }

  @Test
  void whatIsDamagedIsNotUsed() throws Exception {
    keep("a", FILE, BYTES);
    Files.writeString(place.resolve(Digest.sha256(BYTES).hex()), "{ }");
    assertThatThrownBy(() -> profiles.find("a", FILE)).hasMessageContaining("is damaged");
  }

  @Test
  void whatIsLostIsNotReadAnew() throws Exception {
    keep("a", FILE, BYTES);
    Files.delete(place.resolve(Digest.sha256(BYTES).hex()));
    assertThatThrownBy(() -> profiles.find("a", FILE))
        .hasMessageContaining("is damaged; run the pod anew");
  }

  /** Two inodes: the directory itself, and the bytes. */
  @Test
  void bytesThatNobodyCouldBeGivenAreNotKept() throws Exception {
    try (SmallDisk disk = SmallDisk.tmpfs(place, "mode=0700,nr_inodes=2")) {
      assertThatThrownBy(() -> keep("a", FILE, BYTES))
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC))
          .hasMessageContaining("of-");
      assertThat(disk).isNotNull();
      assertThat(place).isEmptyDirectory();
    }
  }

  @Test
  void aPodHasSoManyAndNoMore() throws Exception {
    for (int i = 0; i < MOST; i++) {
      keep("a" + i, FILE, BYTES);
    }
    assertThatThrownBy(() -> keep("more", FILE, BYTES))
        .isInstanceOf(CallFailure.class)
        .hasMessageContaining("at most 20 and 16 MiB of profiles are kept; run a new pod");
    keep("a0", FILE, BYTES);
  }

  @Test
  void aPodHasSoManyBytesAndNoMore() throws Exception {
    byte[] large = new byte[ProfileReader.MAX_BYTES];
    for (int i = 0; i < KeptProfiles.MOST_BYTES / large.length; i++) {
      large[0] = (byte) i;
      keep("a" + i, FILE, large);
    }
    assertThatThrownBy(() -> keep("more", FILE, BYTES))
        .isInstanceOf(CallFailure.class)
        .hasMessageContaining("run a new pod");
    keep("the same", FILE, large);
    assertThat(profiles.find("the same", FILE)).contains(large);
  }
}
