package dev.stockade.shim.registry;

import dev.stockade.launcher.linux.HostPath;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/** TLS as an endpoint's settings want it. */
final class TlsContext {
  private static final int LARGEST = 1 << 20;
  private static final char[] NO_PASSWORD = {};

  private TlsContext() {}

  static SSLContext of(Endpoint.Tls tls, ClientCertificates clients) throws RegistryException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {clients}, trust(tls), null);
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
      for (Certificate certificate : Pem.certificates(HostPath.read(file, LARGEST))) {
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
