package dev.stockade.shim.registry;

import dev.stockade.launcher.linux.HostPath;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS as an endpoint's settings want it. Authorities are trusted for all whom it leads to, because
 * its token server may well have its certificate of the same; its own host alone goes unverified.
 */
final class TlsContext {
  private static final int LARGEST = 1 << 20;
  private static final char[] NO_PASSWORD = {};

  private TlsContext() {}

  static SSLContext of(Endpoint endpoint, ClientCertificates clients) throws RegistryException {
    Endpoint.Tls tls = endpoint.tls();
    try {
      X509ExtendedTrustManager verifying = verifying(tls.authorities());
      TrustManager trust =
          tls.verify() ? verifying : new Unverified(Peer.of(endpoint.base()), verifying);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {clients}, new TrustManager[] {trust}, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION,
          "the certificates of " + tls + " cannot be used: " + e.getMessage(),
          e);
    }
  }

  private static X509ExtendedTrustManager verifying(List<Path> authorities)
      throws IOException, GeneralSecurityException {
    if (authorities.isEmpty()) {
      return manager(null);
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, NO_PASSWORD);
    int number = 0;
    for (Path file : authorities) {
      for (Certificate certificate : Pem.certificates(HostPath.read(file, LARGEST))) {
        store.setCertificateEntry("given-" + number++, certificate);
      }
    }
    for (X509Certificate certificate : manager(null).getAcceptedIssuers()) {
      store.setCertificateEntry("system-" + number++, certificate);
    }
    return manager(store);
  }

  @SuppressWarnings("NullAway") // null is the system's own store
  private static X509ExtendedTrustManager manager(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager extended) {
        return extended;
      }
    }
    throw new GeneralSecurityException("this JVM has no verifier of X.509 certificates");
  }

  /**
   * For skip_verify: one host is anybody, all others are verified. The extended kind, because Java
   * lays checks of names over the plain one.
   */
  private static final class Unverified extends X509ExtendedTrustManager {
    private final Peer host;
    private final X509ExtendedTrustManager others;

    Unverified(Peer host, X509ExtendedTrustManager others) {
      this.host = host;
      this.others = others;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      if (!Peer.of(engine).equals(host)) {
        others.checkServerTrusted(chain, type, engine);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      others.checkServerTrusted(chain, type, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      others.checkServerTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      others.checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      others.checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      others.checkClientTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return others.getAcceptedIssuers();
    }
  }
}
