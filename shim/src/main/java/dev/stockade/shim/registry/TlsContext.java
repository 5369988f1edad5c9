package dev.stockade.shim.registry;

import dev.stockade.launcher.linux.HostPath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/** TLS as an endpoint's settings want it. */
final class TlsContext {
  private static final int LARGEST = 1 << 20;
  private static final char[] NO_PASSWORD = {};
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private TlsContext() {}

  static SSLContext of(Endpoint.Tls tls) throws RegistryException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(tls.clients()), trust(tls), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION,
          "the certificates of " + tls + " cannot be used: " + e.getMessage(),
          e);
    }
  }

  private static TrustManager[] trust(Endpoint.Tls tls)
      throws IOException, GeneralSecurityException {
    if (!tls.verify()) {
      return new TrustManager[] {new Anybody()};
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, NO_PASSWORD);
    if (tls.authorities().isEmpty()) {
      return factory(null).getTrustManagers();
    }
    int number = 0;
    for (Path file : tls.authorities()) {
      for (Certificate certificate : certificates(HostPath.read(file, LARGEST))) {
        store.setCertificateEntry("given-" + number++, certificate);
      }
    }
    for (X509Certificate certificate : system()) {
      store.setCertificateEntry("system-" + number++, certificate);
    }
    return factory(store).getTrustManagers();
  }

  private static List<X509Certificate> system() throws GeneralSecurityException {
    List<X509Certificate> accepted = new ArrayList<>();
    for (TrustManager manager : factory(null).getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        accepted.addAll(List.of(x509.getAcceptedIssuers()));
      }
    }
    return accepted;
  }

  @SuppressWarnings("NullAway") // null is the system's own store
  private static TrustManagerFactory factory(@org.jspecify.annotations.Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }

  private static KeyManager[] keys(List<Endpoint.ClientPair> pairs)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, NO_PASSWORD);
    for (Endpoint.ClientPair pair : pairs) {
      byte[] certificate = HostPath.read(pair.certificate(), LARGEST);
      byte[] key = pair.key().isPresent() ? HostPath.read(pair.key().get(), LARGEST) : certificate;
      Certificate[] chain = certificates(certificate).toArray(new Certificate[0]);
      store.setKeyEntry(pair.certificate().toString(), privateKey(pair, key), NO_PASSWORD, chain);
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static Collection<? extends Certificate> certificates(byte[] pem)
      throws GeneralSecurityException {
    // A file with a key beside the certificate: the factory reads certificates only.
    String text =
        KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1)).replaceAll("").strip() + "\n";
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private static PrivateKey privateKey(Endpoint.ClientPair pair, byte[] pem)
      throws GeneralSecurityException {
    Matcher key = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (!key.find()) {
      throw new InvalidKeySpecException(
          "the key of " + pair.certificate() + " is not PKCS #8 PEM (BEGIN PRIVATE KEY)");
    }
    PKCS8EncodedKeySpec spec =
        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key.group(1)));
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // Of another algorithm.
      }
    }
    throw new InvalidKeySpecException("the key of " + pair.certificate() + " is of no known kind");
  }

  /** For skip_verify. The extended kind, because Java lays checks of names over the plain one. */
  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
