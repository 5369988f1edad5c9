package dev.stockade.shim.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LoadedProfilesTest {
  private static final LoadedProfiles LOADED =
      new LoadedProfiles(
          """
          mine (enforce)
          mine//child (complain)
          loud (complain)
          odd (enforce) (complain)
          /usr/bin/x y (kill)
          """);

  @Test
  void theModeIsThatOfTheProfileOfThisName() {
    assertThat(LOADED.mode("mine")).contains("enforce");
    assertThat(LOADED.mode("mine//child")).contains("complain");
    assertThat(LOADED.mode("/usr/bin/x y")).contains("kill");
    assertThat(LOADED.mode("min")).isEmpty();
    assertThat(LOADED.mode("child")).isEmpty();
    assertThat(LOADED.mode("")).isEmpty();
  }

  @Test
  void theyAreCountedByMode() {
    assertThat(LOADED.modes()).isEqualTo("1 enforce, 3 complain, 1 kill");
    assertThat(new LoadedProfiles("").modes()).isEmpty();
  }

  @Test
  void aNameThatLooksLikeAModeDeceivesNobody() {
    assertThat(LOADED.mode("odd")).isEmpty();
    assertThat(LOADED.mode("odd (enforce)")).contains("complain");
  }
}
