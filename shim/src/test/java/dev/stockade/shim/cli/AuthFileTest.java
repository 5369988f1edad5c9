package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.AuthConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthFileTest {
  @TempDir private Path directory = Path.of("replaced by JUnit");
  private Path file = directory;

  @BeforeEach
  void write() throws Exception {
    file = directory.resolve("config.json");
    Files.writeString(
        file,
        """
        {"credsStore": "x", "auths": {
          "https://index.docker.io/v1/": {"auth": "docker"},
          "https://old.example/v2/": {"auth": "old"},
          "r.example:5000": {"identitytoken": "token"},
          "r.example:5000/team": {"auth": "team"}}}
        """);
  }

  @ParameterizedTest
  @CsvSource({
    "busybox, docker, ''",
    "old.example/app:1, old, ''",
    "r.example:5000/app:1, '', token",
    "r.example:5000/team/app, team, ''"
  })
  void theNearestEntryCounts(String image, String auth, String token) {
    AuthConfig found = AuthFile.read(file).of(image).orElseThrow();
    assertThat(found.getAuth()).isEqualTo(auth);
    assertThat(found.getIdentityToken()).isEqualTo(token);
  }

  @Test
  void othersGetNone() {
    AuthFile auths = AuthFile.read(file);
    assertThat(auths.of("other.example/app")).isEmpty();
    assertThat(auths.of("r.example/app")).isEmpty();
    assertThat(auths.of("???")).isEmpty();
  }

  @Test
  void aFileWithoutCredentialsIsNone() throws Exception {
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> AuthFile.read(file)).hasMessageContaining("has no \"auths\"");
    Files.writeString(file, "secret");
    assertThatThrownBy(() -> AuthFile.read(file)).hasMessageContaining(file.toString());
  }
}
