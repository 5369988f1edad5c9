package dev.stockade.shim.record;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdIndexTest {
  @Test
  void findsByWholeIdentifierAndPrefix() {
    IdIndex<String> index = new IdIndex<>();
    index.add("aa00", "one");
    index.add("aaff", "two");
    index.add("ab00", "three");
    assertThat(index.get("aa")).isEmpty();
    assertThat(index.get("aa00")).contains("one");
    assertThat(index.withPrefix("aa")).containsExactly("one", "two");
    assertThat(index.withPrefix("")).hasSize(3);
    assertThat(index.withPrefix("ac")).isEmpty();
    index.remove("aaff");
    assertThat(index.withPrefix("aa")).containsExactly("one");
  }

  @Test
  void identifiersAreWholeAndDiffer() {
    assertThat(Identifier.isWhole(Identifier.next())).isTrue();
    assertThat(Identifier.next()).isNotEqualTo(Identifier.next());
    assertThat(Identifier.isWhole("A".repeat(64))).isFalse();
    assertThat(Identifier.isWhole("a".repeat(64) + "\n")).isFalse();
  }
}
