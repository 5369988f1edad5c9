package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.stockade.cri.v1.AuthConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthFileTest {
  @TempDir private Path directory = Path.of("replaced by JUnit");
  private Path file = directory;

  @BeforeEach
  void write() throws Exception {
    file =
        Files.createFile(
            directory.resolve("config.json"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        file,
        """
        {"credsStore": "store", "credHelpers": {"helped.example": "one"}, "auths": {
          "https://index.docker.io/v1/": {"auth": "docker"},
          "docker.io/team/app": {"auth": "mine"},
          "https://old.example/v2/": {"auth": "old"},
          "plain.example/v1": {"auth": "plain"},
          "stored.example": {},
          "r.example:5000": {"identitytoken": "token"},
          "r.example:5000/team": {"auth": "team"},
          "r.example:5000/team/app": {"registrytoken": "app"}}}
        """);
  }

  @ParameterizedTest
  @CsvSource({
    "busybox, docker, '', ''",
    "team/app:1, mine, '', ''",
    "team/application:1, docker, '', ''",
    "old.example/app:1, old, '', ''",
    "plain.example/app:1, plain, '', ''",
    "r.example:5000/app:1, '', token, ''",
    "r.example:5000/teams/app, '', token, ''",
    "r.example:5000/team/other, team, '', ''",
    "r.example:5000/team/app@sha256:"
        + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, '', '', app"
  })
  void theNearestEntryCounts(String image, String auth, String token, String registryToken) {
    AuthConfig found = AuthFile.read(file).of(image).orElseThrow();
    assertThat(found.getAuth()).isEqualTo(auth);
    assertThat(found.getIdentityToken()).isEqualTo(token);
    assertThat(found.getRegistryToken()).isEqualTo(registryToken);
  }

  @Test
  void othersGetNone() {
    AuthFile auths = AuthFile.read(file);
    assertThat(auths.of("other.example/app")).isEmpty();
    assertThat(auths.of("r.example/app")).isEmpty();
    assertThat(auths.of("???")).isEmpty();
  }

  @Test
  void helpersAreNotStarted() {
    AuthFile auths = AuthFile.read(file);
    assertThatThrownBy(() -> auths.of("helped.example/app"))
        .hasMessageContaining("helped.example to the helper docker-credential-one")
        .hasMessageContaining("podman login");
    assertThatThrownBy(() -> auths.of("stored.example/app"))
        .hasMessageContaining("stored.example to the helper docker-credential-store");
  }

  @Test
  void aFileWithoutCredentialsIsNone() throws Exception {
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> AuthFile.read(file)).hasMessageContaining("has no \"auths\"");
    Files.writeString(file, " ".repeat((1 << 20) + 1));
    assertThatThrownBy(() -> AuthFile.read(file)).hasMessageContaining("more than 1 MiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hunter2", "{\"auths\": {\"r\": {\"auth\": hunter2}}}", "{\"hunter2"})
  void whatIsNoJsonIsNotQuoted(String text) throws Exception {
    Files.writeString(file, text);
    Throwable refused = catchThrowable(() -> AuthFile.read(file));
    StringWriter all = new StringWriter();
    refused.printStackTrace(new PrintWriter(all));
    assertThat(all.toString()).contains(file.toString(), "not JSON").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----"})
  void whatOthersMayReadIsRefused(String mode) throws Exception {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    assertThatThrownBy(() -> AuthFile.read(file))
        .hasMessageContaining(file.toString())
        .hasMessageContaining(mode)
        .hasMessageContaining("chmod 600");
  }
}
