package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VerificationKeyTest {
  private static final byte[] CONTENT = "content".getBytes(StandardCharsets.US_ASCII);

  private static List<Signer> understood() throws Exception {
    return List.of(
        Signer.p256(),
        Signer.ecdsa("secp384r1", "SHA256withECDSA"),
        Signer.ecdsa("secp384r1", "SHA384withECDSA"),
        Signer.ecdsa("secp521r1", "SHA256withECDSA"),
        Signer.ecdsa("secp521r1", "SHA512withECDSA"),
        Signer.rsa(2048, "SHA256withRSA"),
        Signer.ed25519());
  }

  @Test
  void eachKindOfKeyKnowsWhatItMade() throws Exception {
    for (Signer signer : understood()) {
      VerificationKey key = VerificationKey.parse(signer.pem());
      byte[] made = signer.raw(CONTENT);
      assertThat(key.made(made, CONTENT)).isTrue();
      assertThat(key.made(made, "c0ntent".getBytes(StandardCharsets.US_ASCII))).isFalse();
      made[made.length / 2] ^= 1;
      assertThat(key.made(made, CONTENT)).isFalse();
      assertThat(key.made(new byte[0], CONTENT)).isFalse();
      assertThat(key.made(new byte[made.length], CONTENT)).isFalse();
    }
  }

  @Test
  void noKeyKnowsWhatAnotherMade() throws Exception {
    List<Signer> signers = understood();
    for (Signer one : signers) {
      for (Signer other : signers) {
        boolean same = one == other;
        assertThat(VerificationKey.parse(one.pem()).made(other.raw(CONTENT), CONTENT))
            .isEqualTo(same);
      }
    }
  }

  @Test
  void weakHashesDoNotCount() throws Exception {
    for (Signer weak :
        List.of(Signer.ecdsa("secp256r1", "SHA1withECDSA"), Signer.rsa(2048, "SHA1withRSA"))) {
      assertThat(VerificationKey.parse(weak.pem()).made(weak.raw(CONTENT), CONTENT)).isFalse();
    }
  }

  @Test
  void smallKeysAreRefused() throws Exception {
    String pem = Signer.rsa(1024, "SHA256withRSA").pem();
    assertThatThrownBy(() -> VerificationKey.parse(pem)).hasMessageContaining("1024 bits");
  }

  @Test
  void severalKeysInOneTextAreRefused() throws Exception {
    String pem = Signer.p256().pem() + Signer.p256().pem();
    assertThatThrownBy(() -> VerificationKey.parse(pem)).hasMessageContaining("one PEM block");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no key",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----"
      })
  void whatIsNoKeyIsRefused(String text) {
    assertThatThrownBy(() -> VerificationKey.parse(text))
        .isInstanceOf(VerificationKey.UnsoundKey.class);
  }
}
