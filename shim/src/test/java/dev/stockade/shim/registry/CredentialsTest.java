package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.AuthConfig;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CredentialsTest {
  private static AuthConfig.Builder user() {
    return AuthConfig.newBuilder().setUsername("u").setPassword("p:w");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void everyFormOfThemIsUnderstood() {
    assertThat(Credentials.of(user().build(), "r.example"))
        .isEqualTo(new Credentials.Basic("u", "p:w"));
    assertThat(
            Credentials.of(
                AuthConfig.newBuilder().setAuth(base64("u:p:w\0\0")).build(), "r.example"))
        .isEqualTo(new Credentials.Basic("u", "p:w"));
    assertThat(Credentials.of(user().setIdentityToken("i").build(), "r.example"))
        .isEqualTo(new Credentials.IdentityToken("i"));
    assertThat(Credentials.of(user().setRegistryToken("r").build(), "r.example"))
        .isEqualTo(new Credentials.RegistryToken("r"));
    assertThat(Credentials.of(AuthConfig.getDefaultInstance(), "r.example"))
        .isEqualTo(new Credentials.Anonymous());
  }

  @ParameterizedTest
  @CsvSource({
    "r.example, r.example, true",
    "https://R.example/v1/, r.example, true",
    "https://index.docker.io/v1/, docker.io, true",
    "r.example:5000, r.example, false",
    "other.example, r.example, false",
    "r.example.evil, r.example, false",
    "https://r.example@evil.example, r.example, false"
  })
  void theyAreForTheirOwnRegistry(String address, String registry, boolean shown) {
    Credentials credentials = Credentials.of(user().setServerAddress(address).build(), registry);
    assertThat(credentials instanceof Credentials.Basic).isEqualTo(shown);
  }

  @Test
  void whatContradictsItselfIsRefusedWithoutBeingRepeated() {
    assertThatThrownBy(
            () -> Credentials.of(AuthConfig.newBuilder().setAuth("s3cret!").build(), "r"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("auth.auth")
        .hasMessageNotContaining("s3cret");
    assertThatThrownBy(
            () -> Credentials.of(AuthConfig.newBuilder().setUsername("a:b\n").build(), "r"))
        .hasMessageContaining("auth.username");
    assertThatThrownBy(
            () -> Credentials.of(AuthConfig.newBuilder().setRegistryToken("a b").build(), "r"))
        .hasMessageContaining("auth.registry_token");
  }

  @Test
  void noneTellsItsSecret() {
    assertThat(new Credentials.Basic("u", "s3cret").toString()).doesNotContain("s3cret");
    assertThat(new Credentials.IdentityToken("s3cret").toString()).doesNotContain("s3cret");
    assertThat(new Credentials.RegistryToken("s3cret").toString()).doesNotContain("s3cret");
  }
}
