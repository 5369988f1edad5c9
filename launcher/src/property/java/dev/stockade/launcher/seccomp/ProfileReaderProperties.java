package dev.stockade.launcher.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever bytes come, the reader gives a profile that compiles or one bounded refusal. */
class ProfileReaderProperties {
  private static final int MUTATIONS = 6_000;
  private static final long SEED = Long.getLong("stockade.seed", 20261123L);
  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "-1",
          "1e9",
          "null",
          "18446744073709551616",
          "\\u0000",
          "SCMP_ACT_",
          "\"args\":");

  @Test
  void randomProfilesSurviveTheirText() throws Exception {
    for (Arch nativeArch : List.of(Arch.X86_64, Arch.AARCH64)) {
      RandomProfiles profiles = new RandomProfiles(SEED, nativeArch);
      for (int i = 0; i < 300; i++) {
        Profile profile = profiles.next();
        assertThat(ProfileReader.read(profile.toJson().getBytes(UTF_8)).everything())
            .isEqualTo(profile);
      }
    }
  }

  @Test
  void damagedTextIsRefusedInAnOrderlyWay() {
    Random random = new Random(SEED);
    RandomProfiles profiles = new RandomProfiles(SEED, Arch.X86_64);
    String text = "";
    int read = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      if (i % 100 == 0) {
        text = profiles.next().toJson();
      }
      try {
        Profile profile = ProfileReader.read(damage(text, random)).everything();
        assertThat(ProfileReview.of(profile).problems()).isEmpty();
        read++;
      } catch (ProfileException e) {
        assertThat(e.problems()).isNotEmpty().hasSizeLessThanOrEqualTo(101);
        assertThat(e.toString().length()).isLessThan(200_000);
      }
    }
    System.out.printf(
        "seccomp: seed %d, %d damaged profiles, %d still readable%n", SEED, MUTATIONS, read);
  }

  private static byte[] damage(String text, Random random) {
    StringBuilder damaged = new StringBuilder(text);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(damaged.length());
      switch (random.nextInt(4)) {
        case 0 -> damaged.deleteCharAt(at);
        case 1 -> damaged.setCharAt(at, (char) random.nextInt(256));
        case 2 -> damaged.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        default ->
            damaged.insert(
                at, damaged.substring(at, Math.min(damaged.length(), at + random.nextInt(80))));
      }
    }
    return damaged.toString().getBytes(UTF_8);
  }
}
