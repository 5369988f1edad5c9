package dev.stockade.shim.registry;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as text. Source: RFC 7468. */
final class Pem {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----(.*?)-----END ([A-Z0-9]+ )*PRIVATE KEY-----",
          Pattern.DOTALL);

  private Pem() {}

  /** The certificates of a file, which may have a key beside them. */
  static Collection<? extends Certificate> certificates(byte[] pem)
      throws GeneralSecurityException {
    // The factory reads certificates only.
    String text =
        KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1)).replaceAll("").strip() + "\n";
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /** The key of a file, in PKCS #8. */
  static PrivateKey privateKey(byte[] pem) throws GeneralSecurityException {
    Matcher key = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (!key.find()) {
      throw new InvalidKeySpecException("has no private key (BEGIN PRIVATE KEY)");
    }
    if (key.group(1) != null) {
      throw new InvalidKeySpecException(
          "has a key of the kind "
              + key.group(1).strip()
              + "; make it one of PKCS #8 without a password by openssl pkcs8 -topk8 -nodes");
    }
    PKCS8EncodedKeySpec spec;
    try {
      spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key.group(2)));
    } catch (IllegalArgumentException e) {
      throw new InvalidKeySpecException("has a key that is not base64", e);
    }
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // Of another algorithm.
      }
    }
    throw new InvalidKeySpecException("has a key that is neither RSA, EC nor Ed25519");
  }
}
