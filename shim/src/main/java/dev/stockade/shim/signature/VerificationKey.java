package dev.stockade.shim.signature;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public key: ECDSA on P-256, P-384 or P-521, RSA with PKCS #1 v1.5, or Ed25519. It is verified
 * with SHA-256, as sigstore does by default; on the larger curves also with the hash of their size.
 */
final class VerificationKey {
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----\\s*");
  private static final int SMALLEST_RSA = 2048;
  private static final int LARGEST_RSA = 16384;
  private static final Map<String, List<String>> CURVES =
      Map.of(
          "secp256r1", List.of("SHA256withECDSA"),
          "secp384r1", List.of("SHA256withECDSA", "SHA384withECDSA"),
          "secp521r1", List.of("SHA256withECDSA", "SHA512withECDSA"));

  private final PublicKey key;
  private final List<String> algorithms;

  private VerificationKey(PublicKey key, List<String> algorithms) {
    this.key = key;
    this.algorithms = algorithms;
  }

  /** Why some text is no key; completes "KEY ...". */
  static final class UnsoundKey extends Exception {
    private static final long serialVersionUID = 1L;

    UnsoundKey(String message) {
      super(message);
    }
  }

  /** The one key of a PEM text, as {@code cosign generate-key-pair} writes it. */
  static VerificationKey parse(String pem) throws UnsoundKey {
    Matcher block = PEM.matcher(pem);
    if (!block.matches()) {
      throw new UnsoundKey(
          "is not one PEM block \"PUBLIC KEY\"; write each key as openssl pkey -pubout does, and"
              + " several as keyPaths or keyDatas");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(block.group(1));
      return of(decode(new X509EncodedKeySpec(encoded)));
    } catch (IllegalArgumentException e) {
      throw new UnsoundKey("is not base64 within its PEM block");
    } catch (GeneralSecurityException e) {
      throw new UnsoundKey("is no public key that is understood: " + e.getMessage());
    }
  }

  private static PublicKey decode(X509EncodedKeySpec spec)
      throws GeneralSecurityException, UnsoundKey {
    for (String kind : List.of("EC", "RSA", "Ed25519")) {
      try {
        return KeyFactory.getInstance(kind).generatePublic(spec);
      } catch (InvalidKeySpecException e) {
        // Of another kind, or of none.
      }
    }
    throw new UnsoundKey("is none of ECDSA (P-256, P-384, P-521), RSA and Ed25519");
  }

  private static VerificationKey of(PublicKey key) throws GeneralSecurityException, UnsoundKey {
    if (key instanceof ECPublicKey ec) {
      for (Map.Entry<String, List<String>> curve : CURVES.entrySet()) {
        if (isOn(curve.getKey(), ec.getParams())) {
          return new VerificationKey(key, curve.getValue());
        }
      }
      throw new UnsoundKey("is on another curve than P-256, P-384 and P-521");
    }
    if (key instanceof RSAPublicKey rsa) {
      int bits = rsa.getModulus().bitLength();
      if (bits < SMALLEST_RSA || bits > LARGEST_RSA) {
        throw new UnsoundKey(
            "has " + bits + " bits; an RSA key has " + SMALLEST_RSA + " to " + LARGEST_RSA);
      }
      return new VerificationKey(key, List.of("SHA256withRSA"));
    }
    if (key instanceof EdECPublicKey) {
      return new VerificationKey(key, List.of("Ed25519"));
    }
    throw new UnsoundKey("is of a kind that is not understood");
  }

  private static boolean isOn(String curve, ECParameterSpec parameters)
      throws GeneralSecurityException {
    AlgorithmParameters known = AlgorithmParameters.getInstance("EC");
    known.init(new ECGenParameterSpec(curve));
    ECParameterSpec wanted = known.getParameterSpec(ECParameterSpec.class);
    return wanted.getCurve().equals(parameters.getCurve())
        && wanted.getGenerator().equals(parameters.getGenerator())
        && wanted.getOrder().equals(parameters.getOrder())
        && wanted.getCofactor() == parameters.getCofactor();
  }

  /** Whether this key made the signature. */
  boolean made(byte[] signature, byte[] content) {
    return algorithms.stream().anyMatch(algorithm -> verify(algorithm, signature, content));
  }

  private boolean verify(String algorithm, byte[] signature, byte[] content) {
    try {
      Signature verifier = Signature.getInstance(algorithm);
      verifier.initVerify(key);
      verifier.update(content);
      return verifier.verify(signature);
    } catch (SignatureException e) {
      // Bytes that are no signature of this algorithm.
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    }
  }
}
