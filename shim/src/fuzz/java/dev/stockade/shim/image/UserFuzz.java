package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** A user as an image names it, with the image's passwd and group: ids in range, or a refusal. */
public final class UserFuzz implements FuzzTarget {
  private static final long LARGEST = (1L << 32) - 2;

  @Override
  public Stream<byte[]> seeds() {
    String files =
        """
        \u001eroot:x:0:0:root:/root:/bin/sh
        app:x:1000:1000::/home/app:/bin/sh
        \u001eroot:x:0:
        app:x:1000:
        wheel:x:10:root,app
        """;
    return Stream.of("app", "1000", "app:wheel", "0:0", "-1", "4294967295", "app:1", "")
        .map(user -> (user + files).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void take(byte[] input) {
    String[] parts = new String(input, StandardCharsets.UTF_8).split("\u001e", 3);
    byte[] passwd = (parts.length > 1 ? parts[1] : "").getBytes(StandardCharsets.UTF_8);
    byte[] group = (parts.length > 2 ? parts[2] : "").getBytes(StandardCharsets.UTF_8);
    try {
      ImageUser user = UserDatabase.parse(passwd, group).resolve(UserSpec.parse(parts[0]));
      assertThat(user.uid()).isBetween(0L, LARGEST);
      assertThat(user.gid()).isBetween(0L, LARGEST);
      assertThat(user.home()).startsWith("/").doesNotContain("\n", "\0");
    } catch (ImageException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(2000);
    }
  }
}
