package dev.stockade.shim.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CategoryPairsTest {
  @Test
  void everyPairIsClaimedOnceAndThenNoneIsLeft() {
    CategoryPairs pairs = new CategoryPairs(4);
    Set<String> claimed = new HashSet<>();
    for (int i = 0; i < 6; i++) {
      assertThat(claimed.add(pairs.claim().orElseThrow())).isTrue();
    }
    assertThat(claimed)
        .containsExactlyInAnyOrder("c0,c1", "c0,c2", "c1,c2", "c0,c3", "c1,c3", "c2,c3");
    assertThat(pairs.claim()).isEmpty();
  }

  @Test
  void whatIsReleasedCanBeClaimedAgain() {
    CategoryPairs pairs = new CategoryPairs(2);
    assertThat(pairs.claim()).contains("c0,c1");
    assertThat(pairs.claim()).isEmpty();
    pairs.release("c0,c1");
    assertThat(pairs.claim()).contains("c0,c1");
  }

  @Test
  void aPairThatSeveralAskedForIsFreeWhenTheLastLetsGo() {
    CategoryPairs pairs = new CategoryPairs(2);
    pairs.hold("c0,c1");
    pairs.hold("c0,c1");
    pairs.release("c0,c1");
    assertThat(pairs.claim()).isEmpty();
    pairs.release("c0,c1");
    assertThat(pairs.claim()).contains("c0,c1");
  }

  @Test
  void aNodeHasAPairForHalfAMillionPods() {
    CategoryPairs pairs = new CategoryPairs(1024);
    Set<String> claimed = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      String pair = pairs.claim().orElseThrow();
      assertThat(claimed.add(pair)).isTrue();
      String[] both = pair.substring(1).split(",c", -1);
      assertThat(Integer.parseInt(both[0])).isBetween(0, Integer.parseInt(both[1]) - 1);
      assertThat(Integer.parseInt(both[1])).isBetween(1, 1023);
    }
  }
}
