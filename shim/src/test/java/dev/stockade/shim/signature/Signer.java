package dev.stockade.shim.signature;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageSignature;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Base64;

/** Signs as cosign and containers/image do. */
public final class Signer {
  private final KeyPair pair;
  private final String algorithm;

  private Signer(KeyPair pair, String algorithm) {
    this.pair = pair;
    this.algorithm = algorithm;
  }

  public static Signer p256() throws Exception {
    return ecdsa("secp256r1", "SHA256withECDSA");
  }

  static Signer ecdsa(String curve, String algorithm) throws Exception {
    return of("EC", new ECGenParameterSpec(curve), algorithm);
  }

  static Signer rsa(int bits, String algorithm) throws Exception {
    return of("RSA", new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4), algorithm);
  }

  static Signer ed25519() throws Exception {
    return new Signer(KeyPairGenerator.getInstance("Ed25519").generateKeyPair(), "Ed25519");
  }

  private static Signer of(String kind, AlgorithmParameterSpec spec, String algorithm)
      throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
    generator.initialize(spec);
    return new Signer(generator.generateKeyPair(), algorithm);
  }

  /** The public key as {@code cosign.pub} has it. */
  public String pem() {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pair.getPublic().getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  /** The public key as a policy has it within itself. */
  public String data() {
    return Base64.getEncoder().encodeToString(pem().getBytes(StandardCharsets.US_ASCII));
  }

  public static byte[] payload(Digest manifest, String name) {
    return ("{\"critical\":{\"identity\":{\"docker-reference\":\""
            + name
            + "\"},\"image\":{\"docker-manifest-digest\":\""
            + manifest
            + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}")
        .getBytes(StandardCharsets.UTF_8);
  }

  byte[] raw(byte[] content) throws Exception {
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(pair.getPrivate());
    signature.update(content);
    return signature.sign();
  }

  public String base64(byte[] payload) throws Exception {
    return Base64.getEncoder().encodeToString(raw(payload));
  }

  ImageSignature signature(Digest manifest, byte[] payload) throws Exception {
    return new ImageSignature(
        manifest, Base64.getEncoder().encodeToString(payload), base64(payload));
  }
}
