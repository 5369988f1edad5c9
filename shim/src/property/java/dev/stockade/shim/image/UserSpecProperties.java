package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

final class UserSpecProperties {
  private static Optional<UserSpec> parse(String text) {
    try {
      return Optional.of(UserSpec.parse(text));
    } catch (ImageException e) {
      return Optional.empty();
    }
  }

  @Provide
  static Arbitrary<String> nearly() {
    return Arbitraries.strings()
        .withChars("0123456789+-:. \t\nxeaA_$root")
        .withChars('\0', '\u0661', '\uff11', '\u00a0')
        .ofMaxLength(24);
  }

  @Property
  void whatIsAcceptedIsWrittenTheSameWay(@ForAll("nearly") String text) {
    parse(text).ifPresent(spec -> assertThat(spec).hasToString(text));
  }

  @Property
  void whatBeginsWithADigitOrSignIsNeverAName(@ForAll("nearly") String text) {
    Optional<UserSpec> spec = parse(text);
    if (spec.isPresent() && "0123456789+-".indexOf(text.charAt(0)) >= 0) {
      assertThat(spec.get().user()).isInstanceOf(UserSpec.Id.class);
    }
  }

  @Property
  void everyNumberInRangeAndNoOtherIsAnId(@ForAll BigInteger number) {
    boolean inRange =
        number.signum() >= 0 && number.compareTo(BigInteger.valueOf(UserSpec.LARGEST_ID)) <= 0;
    assertThat(parse(number.toString()).isPresent()).isEqualTo(inRange);
    assertThat(parse("0:" + number).isPresent()).isEqualTo(inRange);
  }

  @Property
  void aNumberResolvesToItselfWhateverTheImageSays(
      @ForAll @LongRange(min = 0, max = UserSpec.LARGEST_ID) long uid,
      @ForAll byte[] passwd,
      @ForAll("nearly") String group)
      throws ImageException {
    UserDatabase database = UserDatabase.parse(passwd, group.getBytes(StandardCharsets.UTF_8));
    ImageUser user = database.resolve(new UserSpec(new UserSpec.Id(uid), Optional.empty()));
    assertThat(user.uid()).isEqualTo(uid);
    assertThat(user.home()).startsWith("/");
  }

  @Property
  void aNameResolvesToAnIdOfItsOwnLineOnly(
      @ForAll("nearly") String before, @ForAll("nearly") String after) throws ImageException {
    String passwd = before + "\nthe_one:x:1234:5678::/home:/bin/sh\n" + after;
    ImageUser user =
        UserDatabase.parse(passwd.getBytes(StandardCharsets.UTF_8), new byte[0])
            .resolve(UserSpec.parse("the_one"));
    assertThat(user.uid()).isEqualTo(1234);
    assertThat(user.gid()).isEqualTo(5678);
  }
}
