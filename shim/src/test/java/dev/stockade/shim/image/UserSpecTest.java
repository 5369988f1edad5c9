package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UserSpecTest {
  @Test
  void numbersAndNamesAreTold() throws ImageException {
    assertThat(UserSpec.parse("0").user()).isEqualTo(new UserSpec.Id(0));
    assertThat(UserSpec.parse("2147483647").user()).isEqualTo(new UserSpec.Id(2147483647));
    assertThat(UserSpec.parse("root").user()).isEqualTo(new UserSpec.Name("root"));
    assertThat(UserSpec.parse("_apt:www-data").group()).contains(new UserSpec.Name("www-data"));
    assertThat(UserSpec.parse("1000:0").group()).contains(new UserSpec.Id(0));
    assertThat(UserSpec.parse("machine$:100").user()).isEqualTo(new UserSpec.Name("machine$"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "1:",
        ":1",
        "1:1:1",
        "01",
        "00",
        "+1",
        "-1",
        "-0",
        " 1",
        "1 ",
        "1\n",
        "1\t",
        "0x1",
        "1e1",
        "1.0",
        "1_000",
        "1user",
        "2147483648",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "99999999999999999999",
        "root:",
        ":root",
        "root:2147483648",
        "root:01",
        "a b",
        "a/b",
        "../a",
        "a,b",
        "-a",
        ".a",
        "$",
        "a$b",
        "röt",
        "١",
        "１",
        "root\0",
        "root\n0",
        "#0",
      })
  void anythingElseIsRefusedAndNeverAName(String text) {
    assertThatThrownBy(() -> UserSpec.parse(text))
        .isInstanceOfSatisfying(
            ImageException.class,
            e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.MALFORMED));
  }

  @Test
  void lengthsAreBounded() {
    assertThatThrownBy(() -> UserSpec.parse("a".repeat(300))).isInstanceOf(ImageException.class);
    assertThatThrownBy(() -> UserSpec.parse("a".repeat(10_000_000))).hasMessageContaining("longer");
  }
}
