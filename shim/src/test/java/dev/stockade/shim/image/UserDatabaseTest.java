package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class UserDatabaseTest {
  private static final String PASSWD =
      """
      root:x:0:0:root:/root:/bin/sh
      # a comment
      daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
      app:x:1000:1001:App:/home/app:/bin/sh
      app:x:0:0:second:/evil:/bin/sh
      other:x:1000:7:same number:/other:/bin/sh
      nohome:x:1002:1002::relative:/bin/sh
      short:x:1003:1003
      long:x:1004:1004:::::
      huge:x:4294967296:0::/:/bin/sh
      minus:x:-1:0::/:/bin/sh
      octal:x:007:0::/:/bin/sh
      :x:1005:0::/:/bin/sh
      +::::::
      0:x:1006:0::/:/bin/sh
      """;
  private static final String GROUP =
      """
      root:x:0:
      app:x:1001:
      wheel:x:10:root,app
      audio:x:29:app,,other
      audio2:x:29:app
      broken:x:30
      big:x:4294967297:app
      1:x:31:app
      """;

  private static ImageUser resolve(String spec) throws ImageException {
    return UserDatabase.parse(
            PASSWD.getBytes(StandardCharsets.UTF_8), GROUP.getBytes(StandardCharsets.UTF_8))
        .resolve(UserSpec.parse(spec));
  }

  @Test
  void aNameIsFoundWithItsGroupsAndHome() throws ImageException {
    ImageUser app = resolve("app");
    assertThat(app.uid()).isEqualTo(1000);
    assertThat(app.gid()).isEqualTo(1001);
    assertThat(app.groups()).containsExactly(10L, 29L);
    assertThat(app.home()).isEqualTo("/home/app");
    assertThat(app.name()).contains("app");
  }

  @Test
  void aNumberIsTheFirstUserWithIt() throws ImageException {
    assertThat(resolve("1000")).isEqualTo(resolve("app"));
    assertThat(resolve("0").groups()).containsExactly(10L);
  }

  @Test
  void aNumberThatIsNotThereHasNoGroupsAndNoHome() throws ImageException {
    ImageUser unknown = resolve("4711");
    assertThat(unknown.uid()).isEqualTo(4711);
    assertThat(unknown.gid()).isZero();
    assertThat(unknown.groups()).isEmpty();
    assertThat(unknown.name()).isEmpty();
    assertThat(unknown.home()).isEqualTo("/");
  }

  @Test
  void aGroupReplacesThePrimaryOne() throws ImageException {
    assertThat(resolve("app:29").gid()).isEqualTo(29);
    assertThat(resolve("app:29").groups()).containsExactly(10L);
    assertThat(resolve("app:wheel").gid()).isEqualTo(10);
    assertThat(resolve("4711:app").gid()).isEqualTo(1001);
    assertThat(resolve("4711:65534").gid()).isEqualTo(65534);
  }

  @Test
  void linesThatAreNotAsTheyShouldBeDoNotCount() throws ImageException {
    for (String name : new String[] {"short", "long", "huge", "minus", "octal"}) {
      assertThatThrownBy(() -> resolve(name)).hasMessageContaining("/etc/passwd");
    }
    assertThatThrownBy(() -> resolve("0:broken")).hasMessageContaining("/etc/group");
    assertThatThrownBy(() -> resolve("0:big")).hasMessageContaining("/etc/group");
    assertThat(resolve("nohome").home()).isEqualTo("/");
    assertThat(resolve("1006").name()).isEmpty();
  }

  @Test
  void aHomeWithControlCharactersIsNone() throws ImageException {
    byte[] passwd = "a:x:5:5::/home\u0001\rx:/bin/sh\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> UserDatabase.parse(passwd, new byte[0]).resolve(UserSpec.parse("a")))
        .isInstanceOf(ImageException.class);
    byte[] tab = "a:x:5:5::/home\tx:/bin/sh\n".getBytes(StandardCharsets.UTF_8);
    assertThat(UserDatabase.parse(tab, new byte[0]).resolve(UserSpec.parse("a")).home())
        .isEqualTo("/");
  }

  @Test
  void binaryAndEmptyFilesHaveNoUsers() throws ImageException {
    byte[] noise = new byte[100_000];
    new java.util.Random(1).nextBytes(noise);
    UserDatabase database = UserDatabase.parse(noise, noise);
    assertThat(database.resolve(UserSpec.parse("0")).home()).isEqualTo("/");
    assertThatThrownBy(() -> database.resolve(UserSpec.parse("root")))
        .isInstanceOf(ImageException.class);
  }

  @Test
  void tooManyGroupsAreRefused() {
    StringBuilder group = new StringBuilder();
    for (int i = 1; i <= 65537; i++) {
      group.append("g:x:").append(i).append(":r\n");
    }
    UserDatabase database =
        UserDatabase.parse(
            "r:x:0:0::/:\n".getBytes(StandardCharsets.UTF_8),
            group.toString().getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> database.resolve(UserSpec.parse("r"))).hasMessageContaining("groups");
  }
}
